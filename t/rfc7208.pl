#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# The public RFC 7208 test suite (openspf.org, rfc7208-tests.yml), which is not
# part of this package:
#
#	make check-rfc7208 SUITE=/path/to/rfc7208-tests.yml
#
# Each scenario becomes a zone of t/fakedns; t/spfcheck asks through the
# resolver of the daemon.  The native engine must be right everywhere,
# explanations included; the score of libspf2 is printed beside it.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test::Dns;
use Bailey::Test::Tools;
use File::Temp qw(tempdir);
use IPC::Open2;
use YAML::XS qw(LoadFile);

use constant TYPES => qw(A AAAA CNAME MX PTR TXT);
use constant TIMEOUT_MS => 1000;	# of questions that the suite lets time out

my $suite = shift // die "usage: rfc7208.pl rfc7208-tests.yml [engine...]\n";
my @engines = @ARGV ? @ARGV : 'native';
my $build = $ENV{TOP_BUILDDIR} // '.';
my $dir = tempdir(CLEANUP => 1);
my %score = map { $_ => 0 } @engines;
my $passed_on = 0;			# cases that libspf2 was not given, see checks/spf/libspf2.c
my ($cases, $scenarios) = (0, 0);

for my $scenario (grep { ref } LoadFile($suite)) {
	my $house = "$dir/" . ++$scenarios;
	mkdir $house or die "$house: $!\n";
	my ($zone, $rules) = translate($scenario->{zonedata});
	my $dns = Bailey::Test::Dns->new($house, zones => [$zone], rules => $rules);
	my @names = sort keys %{ $scenario->{tests} };
	for my $engine (@engines) {
		my @answers = ask($dns, $engine, map { $scenario->{tests}{$_} } @names);
		for my $i (0 .. $#names) {
			my $wrong = judge($scenario->{tests}{ $names[$i] }, $answers[$i]);
			$score{$engine}++ if !$wrong;
			$passed_on++ if $engine eq 'libspf2' && ($answers[$i]{reason} // '') !~ /^libspf2: /;
			say "$engine: $names[$i]: $wrong" if $wrong;
		}
	}
	$cases += @names;
	$dns->stop;
}
die "$suite: no cases\n" if !$cases;
say "$_: $score{$_} of $cases", $_ eq 'libspf2' ? ", $passed_on of them left to native" : '' for @engines;
exit(($score{native} // $cases) == $cases ? 0 : 1);

# Zone and rules.  A scenario says SPF where it means TXT, unless both stand.
sub translate {
	my ($data) = @_;
	my $zone = "\$ORIGIN .\n\$TTL 300\n@ SOA localhost. hostmaster.localhost. 1 3600 600 86400 60\n";
	my $rules = '';
	for my $name (sort keys %$data) {
		my $owner = owner($name);
		my @records = grep { ref } @{ $data->{$name} };
		my $has_txt = grep { exists $_->{TXT} } @records;
		my %answered;
		for my $record (@records) {
			my ($type, $value) = %$record;
			next if $type eq 'SPF' && $has_txt;
			$type =~ s/SPF/TXT/;
			next if !ref $value && $value eq 'NONE';
			$zone .= "$owner $type " . rdata($type, $value) . "\n";
			$answered{$type} = 1;
		}
		next if !grep { !ref && $_ eq 'TIMEOUT' } @{ $data->{$name} };
		$rules .= join '', map { "rule $owner $_ drop\n" } grep { !$answered{$_} } TYPES;
	}
	return ($zone, $rules);
}

sub owner {
	my ($name) = @_;
	return join('.', map { s/([^-\w:\/%*])/sprintf '\\%03d', ord $1/ger } split /\./, lc $name) . '.';
}

sub rdata {
	my ($type, $value) = @_;
	return "$value->[0] " . owner($value->[1]) if $type eq 'MX';
	return owner($value) if $type eq 'PTR' || $type eq 'CNAME';
	return $value if $type ne 'TXT';
	my @strings = map { unpack '(a255)*', $_ } ref $value ? @$value : $value;
	return join(' ', map { '"' . s/([^ !#-\[\]-~])/sprintf '\\%03d', ord $1/ger . '"' } @strings) || '""';
}

# Hashes of result, explanation, reason.
sub ask {
	my ($dns, $engine, @tests) = @_;
	my $pid = open2(my $out, my $in, "$build/t/spfcheck", '-s', $dns->address, '-t', TIMEOUT_MS);
	print $in join '', map { join("\t", $engine, @$_{qw(host helo mailfrom)}) . "\n" } @tests;
	close $in;
	chomp(my @lines = <$out>);
	waitpid $pid, 0;
	say "$engine: spfcheck ended with status $?" if $?;
	return map { my %a; @a{qw(result explanation reason)} = split /\t/; \%a } @lines;
}

# What is wrong with an answer; '' if nothing.
sub judge {
	my ($test, $answer) = @_;
	return 'no answer' if !$answer;
	my @wanted = ref $test->{result} ? @{ $test->{result} } : $test->{result};
	return "$answer->{result} instead of @wanted ($answer->{reason})"
	    if !grep { $_ eq $answer->{result} } @wanted;
	return '' if !defined $test->{explanation} || $answer->{result} ne 'fail';
	my $said = length $answer->{explanation} ? $answer->{explanation} : 'DEFAULT';
	return $said eq $test->{explanation} ? '' : "explains \"$said\" instead of \"$test->{explanation}\"";
}
