#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# baileyctl check: the verdict the daemon gives, for every session of the
# quickstart; and the same output, bit for bit, from recorded answers.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Smtp;
use Bailey::Test::Tools;
use JSON::PP;
use Test::More;

my $top = $ENV{TOP_SRCDIR} // '.';
my $house = Bailey::Test->new;
my $folder = $house->folder;
my @topics = map { do($_) // die "$_: $!\n" } sort glob "$top/contrib/quickstart.d/*.pl";

$house->dns(zones => [ map { $_->{zone} // () } @topics ],
    reverse => { map { %{ $_->{reverse} // {} } } @topics },
    rules => join '', map { $_->{rules} // () } @topics);
my $daemon = $house->bailey(join "\n", 'local-domains = { "example.org" }',
    'contact = "postmaster@example.org"', map { ref $_->{conf} ? $_->{conf}->($house->folder) : $_->{conf} // () } @topics);
our $path = $daemon->path;	# of the configuration

sub check { return Bailey::Test::Daemon::run_tool('-c', $path, 'check', @_) }
sub check_with { my ($store, @call) = @_; return Bailey::Test::Daemon::run_tool('-c', $path, '-d', $store, 'check', @call) }
sub message { my ($name, @lines) = @_; return spew("$folder/$name", join "\n", @lines, '') }
sub without_id { my ($reply) = @_; return $reply =~ s/ \[id=\w+\]//r }
sub fresh { my ($name) = @_; mkdir "$folder/$name" or die "$folder/$name: $!\n"; return "$folder/$name" }

# The daemon and a check do not look at their clocks in the same second.
sub timeless {
	my ($field) = @_;
	return $field =~ s/(?<=[\s;])t=\d+/t=/r =~ s/(?<=[\s;])b=[\w+\/=\s]+/b=/r if $field =~ /^DKIM-Signature:/;
	return $field =~ s/delayed \d+ seconds/delayed/r =~ s/; .*//r if $field =~ /^X-Greylist:/;
	return $field;
}

# What a daemon does: its last reply, and the header as delivered.
sub daemon_says {
	my ($server, %is) = @_;
	my $mta = Bailey::Test::Mta->new($server->socket);
	my ($head, $body) = split /\n\n/, $is{text}, 2;
	my @fields = split /\n(?![ \t])/, $head;
	$mta->do('macro connect j=localhost', 'open', $is{login} ? "macro mail {auth_authen}=$is{login}" : (),
	    "connect client.example $is{client} 25", "helo $is{helo}", "mail $is{from}");
	my $said = $mta->last("rcpt $is{to}");
	return without_id($said =~ s/^rcpt: //r) if $said !~ /continue/;
	$said = $mta->last(map({ s/\n/\\n/g; "header $_" } @fields), 'eoh',
	    'body ' . $body =~ s/\n/\\r\\n/gr, 'eom');
	return without_id($said =~ s/^eom: //r) if $said !~ /continue/;
	return ('continue', grep { !/^Received: from client by mta/ } map { s/\\n/\n/gr =~ s/\\t/\t/gr } $mta->headers);
}

my @cases;	# all that was recorded
my $remembered = fresh('remembered');

# The daemon and a check with the same client and message; the fields that were added.
sub compare {
	my ($server, %is) = @_;
	local $path = $server->path;
	my $number = @cases + 1;
	my $file = spew("$folder/message$number", $is{text});
	my ($reply, @headers) = daemon_says($server, %is);
	my @call = ('--client', $is{client}, '--helo', $is{helo}, '--from', $is{from}, '--rcpt', $is{to},
	    $is{login} ? ('--auth', $is{login}) : ());
	my ($status, $out, $err) = check_with($remembered, '-j', @call, '--record', "$folder/recorded$number", $file);
	my $found = decode_json($out);
	my $last = $found->{message} // $found->{recipients}[-1];
	my @added = map { "$_->{name}: $_->{value}" } @{ $last->{fields} // [] };
	is(without_id($last->{reply} // 'continue'), $reply, 'the reply of the daemon');
	if ($reply eq 'continue') {
		is_deeply([ map { timeless($_) } @added ], [ map { timeless($_) } @headers[0 .. $#added] ], 'its fields');
		my @given = split /\n(?![ \t])/, (split /\n\n/, $is{text}, 2)[0];
		is($last->{forged}, @given + @added - @headers, 'what it removes');
	}
	is($status, $reply =~ /^4/ ? 10 : $reply =~ /^5/ ? 11 : 0, 'the exit status tells it');
	is($err, '', 'no complaint');
	push @cases, { path => $path, name => $is{name}, call => [ @call, '--replay', "$folder/recorded$number" ],
		file => $file, status => $status, out => $out };
	return ($last->{reply}, @added);
}

my ($played, $other) = (0);
for my $session (map { @{ $_->{sessions} } } @topics) {
	my %is = (name => $session->{title}, client => $session->{client}, helo => $session->{helo},
		text => $session->{message} // Bailey::Test::Smtp::message(@{ $session->{fields} // [] }),
		from => '<' . ($session->{from} // 'sender@client.example') . '>',
		to => '<' . ($session->{to} // 'user@example.org') . '>');
	$played++;
	subtest $session->{title} => sub {
		sleep $session->{wait} if $session->{wait};
		if (my $site = $session->{site}) {
			$other = Bailey::Test->new(in => $folder);
			$other->dns(zones => $site->{zones});
			$other->bailey($site->{conf}->($other->folder));
			my (undef, @added) = compare($other->bailey, %is, login => $session->{login});
			# The other site says nothing to the outside about who has logged in there.
			$is{text} = join '', map({ "$_\n" } grep { /^$session->{also}:/ } @added), $is{text};
			@is{qw(client helo)} = ($session->{outgoing}, 'out.sender.example');
		}
		my ($reply, @added) = compare($daemon, %is);
		like($reply, $session->{rcpt} // $session->{data}, 'as the quickstart expects') if defined $reply;
		like($added[0] =~ s/^\S+://r, $session->{header}, 'with the first field') if $session->{header};
		ok((grep { /^$session->{also}:/ } @added), "and $session->{also}") if $session->{also} && !$session->{site};
	};
}
is($played, 26, 'every session of the quickstart');

subtest 'store' => sub {
	my $file = message('grey', 'Subject: x', '', 'text');
	my @call = ('-j', '--client', '192.0.2.95', '--helo', 'mail.client.example', '--from', 'a@client.example', '--rcpt', 'grey@example.org', $file);
	my $result = sub {
		my ($status, $out) = @_ ? check_with(@_, @call) : check(@call);
		return "$status " . (map { $_->{result} } grep { $_->{check} eq 'greylist' }
		    @{ decode_json($out)->{recipients}[0]{verdicts} })[0];
	};
	my $store = fresh('store');
	chown scalar(getpwnam 'nobody'), scalar(getgrnam 'nogroup'), $store if $> == 0;
	is($result->(), '10 new', 'nothing is remembered') for 1 .. 2;
	is($result->($store), '10 new', 'unless there is a store');
	is($result->($store), '10 early', 'then it is');
	is($result->(), '10 new', 'and only there');
	my @stat = map { [ stat ] } glob "$store/* $store/*/*";
	is(scalar(grep { $_->[4] != (stat $store)[4] } @stat), 0, 'the owner of the directory owns the files');
	for ([$daemon->path =~ s{/[^/]+\z}{}r, qr/in use by process/], ["$folder/nowhere", qr/No such file/]) {
		my ($directory, $wanted) = @$_;
		my ($status, $out, $err) = check_with($directory, @call);
		is($status, 1, "no store in $directory");
		like($err, $wanted, 'is told');
	}
};

# From here on nobody but a recording answers.
$_->stop for map { $_->dns, $_->bailey } $house, $other;
for my $form (['-j'], []) {
	my $store = fresh('replayed' . @$form);
	for my $case (@cases) {
		local $path = $case->{path};
		my ($status, $out, $err) = check_with($store, @$form, @{ $case->{call} }, $case->{file});
		is_deeply([ $status, $err ], [ $case->{status}, '' ], "replayed: $case->{name}");
		is($out, $case->{out}, 'with the same output, bit for bit') if @$form;
	}
}

subtest 'replay' => sub {
	my $file = message('plain', 'Subject: x', '', 'text');
	my @client = ('--client', '192.0.2.200', '--helo', 'mail.client.example');
	my $nothing = spew("$folder/nothing", "bailey-answers 1\ntime 1\n");
	my ($status, $out, $err) = check(@client, '--replay', $nothing, $file);
	is($status, 0, 'without an answer mail passes');
	like($out, qr/^  rdns +temperror/m, 'as temperror');
	like($err, qr/\Q$nothing\E has no answer to \d+ questions/, 'and that is told');
	for (['none', undef, qr/No such file/], ['rubbish', "x\n", qr/not a file of answers/],
	    ['bad', "bailey-answers 1\nanswer A OK 5 - a\n", qr/malformed/]) {
		my ($name, $text, $wanted) = @$_;
		spew("$folder/$name", $text) if defined $text;
		($status, $out, $err) = check(@client, '--replay', "$folder/$name", $file);
		is($status, 1, $name);
		like($err, $wanted, 'is told');
	}
	is((check('--record', "$folder/no/where", $file))[0], 1, 'a recording that cannot be written');
};

subtest 'envelope' => sub {
	my $nothing = "$folder/nothing";
	my $run = sub { my $out = (check('-j', '--replay', $nothing, @_, "$folder/plain"))[1]; return decode_json($out) };
	my $found = $run->();
	is($found->{origin}, 'local', 'without a client it is mail of this host');
	is($found->{skipped}{rdns}, 'local', 'which is not checked');
	is($run->('--client', '192.0.2.1', '--auth', 'me')->{origin}, 'authenticated', '--auth');
	is($run->('--client', '[IPv6:2001:db8::1]')->{client}, '2001:db8::1', 'an address literal');
	$found = $run->('--client', '192.0.2.1', '--helo', '-bad-', '--rcpt', 'a@example.org', '--rcpt=postmaster@example.org');
	is($found->{recipients}[0]{action}, 'reject', 'one recipient is refused');
	ok($found->{recipients}[1]{exempt}, 'another is exempt');
	ok($found->{message}, 'and gets the message');
	is_deeply([ map { $_->{result} } grep { $_->{check} eq 'recipient' }
	    @{ $run->('--client', '192.0.2.1')->{recipients}[0]{verdicts} } ], ['pass'], 'to leave out the recipient is nothing suspect');
	my ($status, $out, $err) = check('--client', 'mail.client.example', "$folder/plain");
	is($status, 2, 'a name for an address');
	like($err, qr/not an IP address/, 'is told');
	is((check("$folder/missing"))[0], 1, 'a message that is not there');
	like((check($folder))[2], qr/check: \Q$folder\E: Is a directory/, 'nor a message');
	is_deeply($run->('--client', '192.0.2.1', '--from', 'a@client.example', '--rcpt', 'b@example.org'),
	    $run->('--client', '192.0.2.1', '--from', '<a@client.example>', '--rcpt', '<b@example.org>'), 'brackets may be left out');
	$path = spew("$folder/bad.conf", "sokket = 1\n");
	($status, $out, $err) = check("$folder/plain");
	is($status, 1, 'a bad configuration');
	like($err, qr/bad\.conf:1: sokket/, 'is told');
};

subtest 'message' => sub {
	$path = spew("$folder/quiet.conf", "authserv-id = \"mx.example.org\"\n");
	my $forged = 'Authentication-Results: mx.example.org; spf=pass';
	for (["LF", "$forged\n\nbody\n", 1], ["CRLF", "$forged\r\n\r\nbody\r\n", 1], ['mbox', "From a\@b Mon\n$forged\n\n", 1],
	    ['folded', "Authentication-Results:\n mx.example.org;\n\tspf=pass\n\n", 1], ['two', "$forged\nX: y\n$forged\n\n", 2],
	    ['no body', $forged, 1], ['in the body', "Subject: x\n\n$forged\n", 0],
	    ['behind a line that is no field', "Subject: x\nthis is text\n$forged\n", 0], ['nothing', '', 0],
	    ['a body with NUL', "$forged\n\n\0\0\n", 1], ['a long line', "$forged\nX: " . 'x' x 2_000_000 . "\n\n", 1]) {
		my ($name, $text, $count) = @$_;
		my $file = spew("$folder/m", $text);
		my ($status, $out, $err) = check('-j', $file);
		is($status, 0, $name) or diag($err);
		is(decode_json($out)->{message}{forged}, $count, "$count forged");
	}
	like((check("$folder/plain"))[1], qr/^  Authentication-Results: mx\.example\.org; none$/m, 'the field for people');
	my ($status, $out) = check('--helo', "\e[31mred", "$folder/plain");
	unlike($out, qr/\e/, 'what came from outside does not speak to the terminal');
};

$house->stop;
done_testing;
