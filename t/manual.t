#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Every key the daemon knows has its paragraph in bailey.conf(5), with the
# default it really has, and every paragraph a key; every key of the log is in
# bailey(8); no name stands for two things; the pages are good mdoc.

use v5.32;
use warnings;
use Cwd qw(abs_path);
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test::Tools;
use Test::More;

my $top = $ENV{TOP_SRCDIR} // '.';
my $build = $ENV{TOP_BUILDDIR} // '.';

my $empty = File::Temp->new;
my $folder = File::Temp->newdir;
my $elsewhere = spew("$folder/bailey.conf", qq(control-socket = "unix:$folder/control"\n));
my $program_path = abs_path($build);
my $printed = qx($build/bailey -t -v -c $empty);
is($?, 0, 'an empty file is a good configuration');

my (%program, %manual, %check, @twice, $section);
for (split /\n/, $printed) {
	next if /^\s*(?:#|$)/;
	if (/^(\S+)\s*\{\s*$/) { $section = $1 }
	elsif (/^\s*\}/) { undef $section }
	elsif (/^\s*(\S+)\s*=\s*(.*?)\s*(?:#.*)?$/) {
		my $key = join '.', $section // (), $1;
		push @twice, $key if exists $program{$key};
		$program{$key} = $2;
		# Sections of checks have a mode.
		$check{$section} = 1 if defined $section && $1 eq 'mode';
	}
}
cmp_ok(scalar keys %program, '>', 25, 'the daemon prints its keys');

undef $section;
for (split /\n/, slurp("$top/doc/bailey.conf.5")) {
	if (/^\.Ss (.*)/) { $section = $1 =~ s/^Section //r }
	if (/^\.It Ic (\S+) = Li (.*)/) {
		my ($key, $default) = ($1, $2);
		$key = "$section.$key" if $section ne 'Top level';
		$manual{$key} = $default =~ s/\\\(dq/"/gr;
	}
}
is_deeply([ sort keys %manual ], [ sort keys %program ], 'the same keys in the manual');
is(plain($manual{$_}), plain($program{$_}), "default of $_")
    for grep { exists $manual{$_} } sort keys %program;

# mode, results and options of a check share its section, all checks the line of the log.
is("@twice", '', 'no result is called like an option or mode');
my %logged = map { $_ => 1 } slurp("$top/milter/summary.c") =~ /\bput\(&?l, "([\w-]+)"/g,
    slurp("$top/lib/log.c") =~ /\\"(\w+)\\":/g;
cmp_ok(scalar keys %logged, '>', 15, 'the log has keys');
is(join(' ', grep { $logged{$_} } sort keys %check), '', 'no check is called like a key of the log');
my ($log) = slurp("$top/doc/bailey.8") =~ /^\.Sh LOG\n(.*?)^\.Sh /ms;
my %told = map { $_ => 1 } map { split / , / } $log =~ /^\.It Ic (.*)/mg;
is_deeply([ sort keys %told ], [ sort keys %logged, keys %check ], 'the manual tells all of them');

my ($install) = slurp("$top/README") =~ /^\tapt-get install (.*?[^\\])\n/ms;
my @build = slurp("$top/contrib/packages") =~ /^(\S+)\t+build\t/mg;
is_deeply([ sort grep { $_ ne '\\' } split ' ', $install ], [ sort @build ], 'README names what a build needs');

# Examples are tried; a daemon that would serve is only asked for its opinion.
for my $page (glob "$top/doc/*.[1-9]") {
	my $name = $page =~ s{.*/}{}r;
	my ($examples) = slurp($page) =~ /^\.Sh EXAMPLES\n(.*?)^\.Sh /ms;
	ok(defined $examples, "$name has examples") or next;
	my @blocks = map { s/\\\(dq/"/gr } map { s/\\e$/\\/mgr } $examples =~ /^\.Bd -literal.*?\n(.*?)^\.Ed$/msg;
	if ($name =~ /\.5$/) {
		spew("$empty", join '', qq(user = "nobody"\n), @blocks);
		is(qx($build/bailey -t -c $empty 2>&1), "$empty: ok\n", "those of $name are a good configuration");
		next;
	}
	for my $line (map { /^# ((?:.*\\\n)*.*)/mg } @blocks) {
		next if $line !~ /^bailey\S* /;
		# Not this machine's daemon; nor what else may not be there.
		my $command = $line =~ s/ -c bailey\.conf\.new//r =~ s/^bailey -f/bailey -t/r
		    =~ s/\b(bailey(?:ctl)?) /$1 -c $elsewhere /gr =~ s/ \|.*//sr;
		my $said = qx(cd $folder && PATH=$program_path:\$PATH && { $command; } </dev/null 2>&1);
		# 2: the program does not know such a command line.
		unlike($? >> 8, qr/^(?:2|126|127)$/, "$name: $line") or diag($said);
	}
}

SKIP: {
	skip_unless_ci('needs mandoc') if !-x '/usr/bin/mandoc';
	for my $page (glob "$top/doc/*.[1-9]") {
		is(scalar qx(mandoc -T lint -W warning $page 2>&1), '', $page =~ s{.*/}{}r);
	}
}

done_testing;

# Blanks around braces and commas carry no meaning, quotes neither.
sub plain { my ($value) = @_; return $value =~ s/["\s]//gr }
