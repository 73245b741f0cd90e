#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Plays the SMTP sessions of quickstart.d against Bailey behind a private
# Postfix and shows them to a person.  Started by contrib/quickstart.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../t/lib";
use Bailey::Test;
use Bailey::Test::Tools;
use Text::Wrap ();

my $width = 92;
my $state = "$ENV{TOP_BUILDDIR}/kept";	# what --keep left: folder, then pids
my @others;	# houses of sites that a session brought along
my ($command, @options) = @ARGV;
my $keep = grep { $_ eq '--keep' } @options;
my ($unknown) = grep { $_ ne '--keep' } @options;
die "quickstart: unknown option: $unknown\n" if defined $unknown;

exit($command eq 'stop' ? stop() : run());

sub run {
	die "quickstart: still running from an earlier --keep; end it: contrib/quickstart stop\n"
	    if -e $state;
	my @topics = map { do($_) // die "$_: ", $@ || $!, "\n" } sort glob "$FindBin::Bin/quickstart.d/*.pl";
	my $house = start(@topics);
	my ($played, $failed) = (0, 0);
	for my $session (map { @{ $_->{sessions} } } @topics) {
		$failed++ if !play($house, $session, ++$played);
	}
	rule();
	say $failed ? "$failed of $played sessions did NOT end as expected."
	    : "All $played sessions ended as expected.";
	keep($house) if $keep;
	@others = ();
	return $failed ? 1 : 0;
}

# ---- the house: one DNS server, Bailey, Postfix

sub start {
	my (@topics) = @_;
	my $house = Bailey::Test->new(keep => $keep);
	$house->dns(zones => [ map { $_->{zone} // () } @topics ],
	    reverse => { map { %{ $_->{reverse} // {} } } @topics },
	    rules => join '', map { $_->{rules} // () } @topics);
	$house->bailey(join "\n", 'local-domains = { "example.org" }',
	    'contact = "postmaster@example.org"', map { ref $_->{conf} ? $_->{conf}->($house->folder) : $_->{conf} // () } @topics);
	$house->postfix;
	rule('Bailey');
	paragraph('', 'A private Postfix with Bailey as its milter listens on loopback, a private DNS server '
	    . 'invents the names. Clients pretend their address by XCLIENT. > is the client, < the server.');
	return $house;
}

# ---- one session

sub play {
	my ($house, $session, $number) = @_;
	rule("$number. $session->{title}");
	paragraph('', $session->{story});
	say '';
	sleep $session->{wait} if $session->{wait};
	say "  client $session->{client}";
	my $seen = length $house->bailey->log;
	my $smtp = site($house, $session)->client($session->{client},
	    $session->{login} ? (LOGIN => $session->{login}) : ());
	$smtp->ehlo($session->{helo});
	my $reply = $smtp->send(
		from => $session->{from} // 'sender@client.example',
		to => [ $session->{to} // 'user@example.org' ],
		message => $session->{message} // Bailey::Test::Smtp::message(@{ $session->{fields} // [] }),
	);
	show_dialogue($smtp->dialogue);
	my @wrong = wrong_reply($session, $smtp, $reply);
	$smtp->quit;
	push @wrong, show_message($house, $session, $reply);
	show_log($house, $seen);
	push @wrong, "the log should say $session->{log}"
	    if $session->{log} && !show_log($house, $seen, $session->{log});
	say '';
	say "  NOT AS EXPECTED: $_" for @wrong;
	say '  as expected' if !@wrong;
	return !@wrong;
}

# Where the client sends it: to us, or to a site that sends it on to us.
sub site {
	my ($house, $session) = @_;
	my $site = $session->{site} // return $house;
	my $other = Bailey::Test->new(in => $house->folder, keep => $keep);
	$other->dns(zones => $site->{zones});
	$other->bailey($site->{conf}->($other->folder));
	$other->postfix($site->{postfix}->($house));
	push @others, $other;
	return $other;
}

sub show_dialogue {
	for (@_) {
		my ($who, $text) = @$_;
		my $mark = $who eq 'server' ? '<' : '>';
		($text) = split /\n\n/, $text if $who eq 'message';
		my @lines = split /\n/, $text;
		# Of an EHLO's dozen lines only the last says something.
		@lines = $lines[-1] if $who eq 'server' && @lines > 1;
		paragraph("  $mark ", $_) for map { printable($_) } @lines;
	}
	return;
}

sub wrong_reply {
	my ($session, $smtp, $reply) = @_;
	my ($stage) = grep { $session->{$_} } qw(rcpt data);
	my ($last) = map { $_->[1] } reverse grep { $_->[0] eq 'client' } $smtp->dialogue;
	my $reached = $last =~ /^DATA/ ? 'data' : lc substr $last, 0, 4;
	return "refused at \U$reached\E, not at \U$stage" if $reached ne $stage;
	return "the reply should match $session->{$stage}" if $reply !~ $session->{$stage};
	return;
}

# What the mailbox got; returns what is wrong with it.
sub show_message {
	my ($house, $session, $reply) = @_;
	my $id = Bailey::Test::Smtp::queue_id($reply) // return;
	my $text = $house->postfix->message($id) // return "the message $id was not delivered";
	my @fields = Bailey::Test::Postfix::fields($text, 'Authentication-Results');
	say "\n  delivered with";
	print map { "    Authentication-Results:$_" =~ s/\n\t/\n        /gr } @fields;
	my @more = map { Bailey::Test::Postfix::fields($text, $_) } $session->{also} // ();
	print "    $session->{also}:$_\n" for @more;
	my @wrong;
	push @wrong, "no $session->{also}" if $session->{also} && !@more;
	push @wrong, 'no Authentication-Results' if !@fields;
	push @wrong, "the first field should match $session->{header}"
	    if @fields && $session->{header} && $fields[0] !~ $session->{header};
	push @wrong, scalar(@fields) . " fields instead of $session->{headers}"
	    if $session->{headers} && @fields != $session->{headers};
	push @wrong, "a field still says $session->{without}"
	    if $session->{without} && "@fields" =~ $session->{without};
	return @wrong;
}

sub show_log {
	my ($house, $seen, $pattern) = @_;
	my $line = $house->bailey->wait_for_log($pattern // qr/\bevent=/, $seen) // return;
	say "\n  in the log";
	paragraph('    ', printable($line));
	return 1;
}

# ---- --keep and stop

sub keep {
	my ($house) = @_;
	my ($folder, $port) = ($house->folder, $house->postfix->port);
	spew($state, join "\n", $folder, map({ $_->release } $house, @others), '');
	print <<"END";

Left running, on 127.0.0.1 port $port.  Send to it by hand:

	telnet 127.0.0.1 $port
	EHLO me
	XCLIENT ADDR=192.0.2.10
	EHLO mail.client.example
	MAIL FROM:<sender\@client.example>
	RCPT TO:<user\@example.org>

configuration	$folder/bailey/bailey.conf
look at it	$ENV{TOP_BUILDDIR}/baileyctl -c $folder/bailey/bailey.conf status (stats, top, why ID, reload, doctor, ...)
log		$folder/bailey/log
mailbox		$folder/postfix/mail/box/new
end it		sudo contrib/quickstart stop
END
	return;
}

sub stop {
	die "quickstart: nothing was left running\n" if !-e $state;
	my ($folder, @pids) = split /\n/, slurp($state);
	# A pid may have a new owner by now: ours name the folder in their command line.
	@pids = grep { is_ours($_, $folder) } @pids;
	kill 'TERM', @pids;
	wait_until { !grep { is_ours($_, $folder) } @pids } or die "quickstart: @pids do not end\n";
	die "quickstart: odd folder: $folder\n" if $folder !~ m{/bailey-\w{8}\z};
	system 'rm', '-rf', $folder;
	unlink $state;
	say 'Stopped.';
	return 0;
}

sub is_ours {
	my ($pid, $folder) = @_;
	return -e "/proc/$pid/cmdline" && slurp("/proc/$pid/cmdline") =~ /\Q$folder\E/;
}

# ---- layout

sub rule {
	my ($title) = @_;
	my $text = defined $title ? "---- $title " : '';
	say "\n", $text, '-' x ($width - length $text);
	return;
}

sub paragraph {
	my ($first, $text) = @_;
	local $Text::Wrap::columns = $width;
	local $Text::Wrap::huge = 'overflow';
	local $Text::Wrap::unexpand = 0;
	say Text::Wrap::wrap($first, ' ' x length $first, $text);
	return;
}

sub printable { my ($text) = @_; return $text =~ s/([^\t\x20-\x7e])/sprintf '\\x%02x', ord $1/ger }
