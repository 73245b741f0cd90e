#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# What a machine can see of the style in HACKING: layout, lengths, nesting,
# licence lines, a purpose on top of each file, nothing left unfinished.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test::Tools;
use Test::More;

use constant {
	FILE_MAX => 500,	# lines
	FUNCTION_MAX => 80,
	FUNCTION_USUAL => 40,	# of 9 functions in 10
	NEST_MAX => 4,
	TINY => 20,		# lines of a file that needs no introduction
};

my $top = $ENV{TOP_SRCDIR} // '.';
my @folders = grep { -d } glob "$top/{lib,dns,db,checks,milter,ctl,t}";
chomp(my @files = sort qx(find @folders -name '*.[ch]'));
cmp_ok(scalar @files, '>', 20, 'the source was found');

my @lengths;			# of all functions
for my $path (@files) {
	my @lines = split /\n/, slurp($path), -1;
	my $name = $path =~ s{^\Q$top\E/}{}r;
	is(join("\n", flaws($path, @lines)), '', $name);
}
my $usual = grep { $_ <= FUNCTION_USUAL } @lengths;
cmp_ok($usual, '>=', 0.9 * @lengths, "9 of 10 functions have at most ${\FUNCTION_USUAL} lines");

SKIP: {
	my $version = qx(clang-format --version 2>/dev/null) // '';
	# Another version formats differently.
	skip_unless_ci('needs clang-format 14') if $version !~ /version 14\./;
	my @c = grep { /\.c$/ } @files;
	my $said = qx(cd $top && clang-format --dry-run -Werror @c 2>&1);
	is($said, '', 'clang-format has nothing to change');
}

done_testing;

sub flaws {
	my ($path, @lines) = @_;
	my (@flaws, $begin);
	my $is_c = $path =~ /\.c$/;
	push @flaws, 'no SPDX line' if $lines[0] ne '/* SPDX-License-Identifier: BSD-2-Clause */';
	# A unit test is called after what it tests.
	push @flaws, 'the file does not say its purpose'
	    if @lines > TINY && $lines[1] !~ m{^/\*} && $path !~ m{/t/unit/};
	push @flaws, scalar(@lines) . ' lines' if @lines > FILE_MAX;
	for my $i (0 .. $#lines) {
		local $_ = $lines[$i];
		my $where = 'line ' . ($i + 1);
		push @flaws, "$where: unfinished" if /\b(?:TODO|FIXME|XXX|HACK)\b/ || /^#if 0/;
		push @flaws, "$where: white space at its end" if /\s$/;
		next if !$is_c;
		$begin = $i if /^\{$/;
		if (/^\}$/ && defined $begin) {
			my $length = $i - $begin + 1;
			push @lengths, $length;
			push @flaws, "$where: a function of $length lines" if $length > FUNCTION_MAX;
			undef $begin;
		}
		push @flaws, "$where: nested too deep"
		    if defined $begin && /^(\t+)(?:if|for|while|switch|do)\b/ && length $1 > NEST_MAX;
	}
	return @flaws;
}
