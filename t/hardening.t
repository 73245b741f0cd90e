#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# What the compiler and the linker do against bugs is in the programs, not only
# on a command line.  A sanitizer stands in for fortified functions, and counting lines wants them plain.

use v5.32;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Bailey::Test::Tools;
use Test::More;

my $build = $ENV{TOP_BUILDDIR} // '.';
my $sanitizers = slurp("$build/Makefile") =~ /^(?:SANITIZE|COVERAGE)_FLAGS = *\S/m;
my ($arch) = qx(readelf -hW $build/bailey) =~ /Machine:.*(X86-64|AArch64)/;

for my $program (qw(bailey baileyctl)) {
	my $elf = qx(readelf -hdlW $build/$program);
	like($elf, qr/Type:\s+DYN \(Position-Independent Executable/, "$program: loaded anywhere (PIE)");
	like($elf, qr/^\s*GNU_RELRO /m, "$program: tables of the linker read-only (RELRO)");
	like($elf, qr/\(FLAGS_1\).*\bNOW\b/, "$program: all of them (BIND_NOW)");
	like($elf, qr/^\s*GNU_STACK .* RW /m, "$program: no code on the stack");
	unlike($elf, qr/\((?:RPATH|RUNPATH|TEXTREL)\)/, "$program: no paths of libraries, no text to be changed");
	unlike($elf, qr/^\s*LOAD .* RWE /m, "$program: nothing both writable and code");
	next if $sanitizers;
	my $symbols = qx(readelf --dyn-syms -W $build/$program);
	like($symbols, qr/__stack_chk_fail/, "$program: canaries on the stack");
	like($symbols, qr/__snprintf_chk/, "$program: fortified functions");
}

# Indirect branches: each of our objects is marked, the program only if the C
# library's own start files are.
SKIP: {
	skip('not x86-64', 1) if ($arch // '') ne 'X86-64';
	my @notes = split /^File: /m, qx(readelf -nW $build/libbailey.a);
	shift @notes;
	my @bare = map { /^(\S+)/ } grep { !/x86 feature: IBT, SHSTK/ } @notes;
	cmp_ok(scalar @notes, '>', 50, 'the library has its objects');
	is("@bare", '', 'each has targets of branches marked (IBT) and a shadow stack (SHSTK)');
	chomp(my $start = qx(cc -print-file-name=Scrt1.o));
	my $possible = qx(readelf -nW $start) =~ /IBT/;
	is(qx(readelf -nW $build/bailey) =~ /IBT, SHSTK/ ? 1 : 0, $possible ? 1 : 0, 'so has the program, if the C library has');
}

done_testing;
