# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Tools;

# Small things every part of the harness and every test needs.

use v5.32;
use warnings;
use Exporter 'import';

our @EXPORT = qw(slurp spew wait_until skip_unless_ci PATIENCE);

use constant PATIENCE => 30;	# seconds: what a busy machine may need for anything

sub slurp {
	my ($path) = @_;
	open my $in, '<:raw', $path or die "$path: $!\n";
	local $/;
	return <$in> // '';
}

sub spew {
	my ($path, $text) = @_;
	open my $out, '>:raw', $path or die "$path: $!\n";
	print $out $text;
	close $out or die "$path: $!\n";
	return $path;
}

# The first true value of the code, or undef when patience ends.
sub wait_until(&;$) {
	my ($code, $seconds) = @_;
	my $end = time + ($seconds // PATIENCE);
	while (1) {
		my $value = $code->();
		return $value if $value;
		return if time > $end;
		select undef, undef, undef, 0.02;
	}
}

# Inside a SKIP block: what a user may lack, CI must have.
sub skip_unless_ci {
	my ($why) = @_;
	die "$why\n" if $ENV{CI};
	Test::More::skip($why, 1);
}

1;
