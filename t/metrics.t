#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The metrics: right in form (promtool) and number, served to good clients and
# not held up by bad ones; and the dashboard, which asks for nothing else.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test;
use Bailey::Test::Mta;
use Bailey::Test::Tools;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP;
use Test::More;

use constant CONNECTIONS_MAX => 16;	# milter/metrics.c

my $top = $ENV{TOP_SRCDIR} // '.';
my $house = Bailey::Test->new;
$house->dns(reverse => { '192.0.2.1' => 'mail.client.example' },
    zones => ["\$ORIGIN client.example.\n@ SOA ns hostmaster 1 3600 600 86400 60\nmail A 192.0.2.1\n"]);
my $quiet = Bailey::Test::Daemon::quiet(qw(rdns helo greylist)) . qq(greylist { apply = "all" }\n);
my $socket = $house->folder . '/bailey/metrics';
my $daemon = $house->bailey($quiet . "metrics { listen = \"unix:$socket\" }\n");

sub visit { return IO::Socket::UNIX->new($socket) // die "metrics: $!\n" }

# Status line, header, body.
sub answer {
	my ($http) = @_;
	local $SIG{ALRM} = sub { die "no answer\n" };
	alarm PATIENCE;
	my $text = do { local $/; <$http> } // '';
	alarm 0;
	my ($head, $body) = split /\r\n\r\n/, $text, 2;
	my ($status) = ($head // '') =~ m{^HTTP/1\.\d (\d+)};
	return ($status // 0, $head // '', $body // '');
}

sub get {
	my ($path, $method) = @_;
	my $http = visit();
	syswrite $http, ($method // 'GET') . " $path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	return answer($http);
}

my %sample;	# name{labels} => value
my $text;

subtest 'server' => sub {
	(my $status, my $head, $text) = get('/metrics');
	is($status, 200, 'GET /metrics');
	like($head, qr{^Content-Type: text/plain; version=0\.0\.4}mi, 'is of the right type');
	is((get('/'))[0], 404, 'another path');
	($status, $head) = get('/metrics', 'POST');
	is($status, 405, 'another method');
	like($head, qr/^Allow: GET, HEAD/mi, 'names the right ones');
	is((get('/metrics', 'HEAD'))[2], '', 'HEAD has no body');
	my @idle = map { visit() } 1 .. CONNECTIONS_MAX / 2;
	syswrite $_, "GET /met" for @idle;
	is((get('/metrics'))[0], 200, 'clients that dawdle hold up nobody');
	my $rubbish = visit();
	syswrite $rubbish, "\0\xff" x 20000;
	is((get('/metrics'))[0], 200, 'nor does rubbish');
	ok($daemon->process->alive, 'the daemon is alive');
};

subtest 'numbers' => sub {
	my $mta = Bailey::Test::Mta->new($daemon->socket);
	$mta->do('open', 'connect h 192.0.2.1 25', 'helo -bad-', 'mail <a@example.net>', 'rcpt <b@example.org>',
	    'rcpt <postmaster@example.org>', 'header Subject: x', 'eoh', 'eom', 'quit');
	$text = (get('/metrics'))[2];
	%sample = map { /^(\S+) (\S+)$/ ? ($1 => $2) : () } grep { !/^#/ } split /\n/, $text;
	is($sample{bailey_connections_total}, 1, 'connections');
	is($sample{'bailey_recipients_total{action="reject"}'}, 1, 'recipients');
	is($sample{'bailey_verdicts_total{check="helo",result="invalid"}'}, 1, 'verdicts');
	is($sample{'bailey_recipient_causes_total{check="helo",result="invalid",action="reject"}'}, 1, 'what decided');
	is($sample{'bailey_message_causes_total{check="helo",result="invalid",action="suspect"}'}, 1, 'and at the end');
	is($sample{'bailey_decision_seconds_count{stage="rcpt",action="reject"}'}, 1, 'the wait for a refusal');
	is($sample{'bailey_decision_seconds_count{stage="eom",action="suspect"}'}, 1, 'and for the rest');
	cmp_ok($sample{'bailey_store_seconds_count{}'}, '>=', 1, 'the store took its time');
	cmp_ok($sample{'bailey_resolver_seconds_count{}'}, '>=', 1, 'so did the DNS');
	is($sample{'bailey_resolver_seconds_count{}'}, $sample{'bailey_resolver_answers_total{status="NXDOMAIN"}'}
	    + $sample{'bailey_resolver_answers_total{status="OK"}'}, 'for each look-up');
	is($sample{'bailey_mode{mode="enforce"}'}, 1, 'mode');
	is($sample{'bailey_stage_seconds_count{stage="rcpt"}'}, 2, 'times counted');
	is($sample{'bailey_stage_seconds_bucket{stage="rcpt",le="+Inf"}'}, 2, 'all of them in the last bucket');
	cmp_ok($sample{'bailey_stage_seconds_sum{stage="rcpt"}'}, '>', 0, 'and added');
	$daemon->ctl('mode', 'shadow');
	like((get('/metrics'))[2], qr/^bailey_mode\{mode="shadow"\} 1$/m, 'a mode that was forced');
};

subtest 'form' => sub {
	my (%type, %help, $wrong);
	for (split /\n/, $text) {
		if (/^# TYPE (\S+) (counter|gauge|histogram)$/) { $type{$1} = $2 }
		elsif (/^# HELP (\S+) [A-Z].*\.$/) { $help{$1} = 1 }
		elsif (/^([a-z_]+)(?:\{(?:[a-z]+="[\w.+-]*",?)*\})? [\d.e+-]+$/) {
			my $name = $1;
			my $family = exists $type{$name} ? $name : $name =~ s/_(?:bucket|sum|count)$//r;
			$wrong .= "$_\n" if !exists $type{$family} || !$help{$family};
			$wrong .= "$_\n" if ($type{$family} // '') eq 'counter' && $name !~ /_total$/;
		}
		else { $wrong .= "$_\n" }
	}
	is($wrong, undef, 'every sample has a type and a help text');
	my %bucket;
	while ($text =~ /^(\w+)_bucket\{((?:\w+="[\w-]+",)*)le="([^"]+)"\} (\d+)$/mg) { push @{ $bucket{"$1 $2"} }, $4 }
	cmp_ok(scalar keys %bucket, '>=', 3, 'histograms');
	for my $name (sort keys %bucket) {
		my @n = @{ $bucket{$name} };
		is("@n", join(' ', sort { $a <=> $b } @n), "$name only grows");
	}
	SKIP: {
		my ($promtool) = grep { -x } map { "$_/promtool" } split /:/, $ENV{PATH};
		skip_unless_ci('needs promtool') if !$promtool;
		open my $tool, '|-', "$promtool check metrics >$socket.said 2>&1" or die "promtool: $!\n";
		print $tool $text;
		close $tool;
		is($? >> 8, 0, 'promtool finds nothing wrong');
		is(slurp("$socket.said"), '', 'nor worth a word');
	}
};

# Whether a query asks for what is served: name, labels to sort by, labels to choose by.
sub unserved {
	my ($query) = @_;
	my @wrong;
	for my $name ($query =~ /\b(bailey_\w+)/g) {
		my @series = grep { /^\Q$name\E(?:\{|$)/ } keys %sample;
		push @wrong, "$name is not served" if !@series;
		my @labels = map { split /, / } $query =~ /by \(([^)]*)\)/g;
		push @wrong, map { "$name has no $_" } grep { my $label = $_; !grep { /[{,]$label="/ } @series } @labels;
	}
	return @wrong;
}

# What Grafana itself would stumble over when it imports the file.
subtest 'dashboard' => sub {
	my $dashboard = decode_json(slurp("$top/contrib/grafana/bailey.json"));
	ok($dashboard->{$_}, "it has $_") for qw(title uid time templating);
	cmp_ok($dashboard->{schemaVersion}, '>=', 36, 'a schema with data sources by uid');
	ok(exists $dashboard->{id} && !defined $dashboard->{id}, 'a new one, not one of somebody\'s');
	my ($input) = @{ $dashboard->{__inputs} };
	is("$input->{type} $input->{pluginId}", 'datasource prometheus', 'it asks for a data source');
	my %variable = map { $_->{name} => $_ } @{ $dashboard->{templating}{list} };
	is($variable{datasource}{current}{value}, "\${$input->{name}}", 'which the variable begins with');
	is_deeply([ grep { unserved($variable{$_}{query}{query}) } qw(job instance) ], [], 'variables');
	my (%id, %place);
	my %plugin = map { $_->{id} => $_->{type} } @{ $dashboard->{__requires} };
	for my $panel (@{ $dashboard->{panels} }) {
		my ($at, $title) = ($panel->{gridPos}, $panel->{title});
		ok(!$id{ $panel->{id} }++, "panel $title has an id of its own");
		my @taken = map { my $x = $_; map { "$x $_" } $at->{y} .. $at->{y} + $at->{h} - 1 } $at->{x} .. $at->{x} + $at->{w} - 1;
		ok($at->{x} + $at->{w} <= 24 && !grep({ $place{$_}++ } @taken), 'a place of its own');
		is($plugin{ $panel->{type} }, 'panel', "its plugin is required");
		my %ref;
		for my $target (@{ $panel->{targets} }) {
			ok(!$ref{ $target->{refId} }++, "query $target->{refId}");
			is($_->{datasource}{uid}, '${datasource}', 'asks the chosen data source') for $panel, $target;
			is(join('; ', unserved($target->{expr})), '', $target->{expr});
			my @unknown = grep { !$variable{$_} && !/^__/ } $target->{expr} =~ /\$(\w+)/g;
			is("@unknown", '', 'with variables there are');
		}
		ok(%ref, 'it asks something');
	}
};

subtest 'listen' => sub {
	$house->stop;
	my $program = Bailey::Test::Daemon::program();
	my $file = $house->folder . '/listen.conf';
	for (['127.0.0.1:9810'], ['[::1]:9810'], ['inet:9810@localhost'], ['', ''], ['9810'],
	    ['127.0.0.1:99999', qr/listen: port/], ['example.org:9810', qr/listen: /], ['127.0.0.1:', qr/listen: /]) {
		my ($listen, $wanted) = @$_;
		spew($file, "user = \"nobody\" metrics { listen = \"$listen\" }\n");
		my $said = qx($program -t -c $file 2>&1);
		like($said, $wanted || qr/: ok$/, "listen = \"$listen\"");
	}
	my $taken = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "$!\n";
	my $port = $taken->sockport;
	ok(!eval { $house->bailey($quiet . "metrics { listen = \"127.0.0.1:$port\" }"); 1 }, 'a port in use');
	like($@, qr/metrics: cannot bind port.*in use/, 'is told');
	close $taken;
	SKIP: {
		my $again = eval { $house->bailey($quiet . "metrics { listen = \"127.0.0.1:$port\" }") };
		skip 'the port was taken meanwhile', 1 if !$again;
		my $http = IO::Socket::INET->new("127.0.0.1:$port") or die "$!\n";
		syswrite $http, "GET /metrics HTTP/1.0\r\n\r\n";
		is((answer($http))[0], 200, 'over TCP');
		my $changed = $again->reload($quiet);
		ok($again->wait_for_log(qr/only after a restart: metrics\.listen/), 'another place needs a restart');
	}
};

$house->stop;
done_testing;
