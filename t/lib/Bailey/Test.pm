# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test;

# A house for one test: a throw-away folder with a DNS server, Bailey and a
# private Postfix or Sendmail in it.  Everything stops, and the folder goes,
# with the test.
#
#	my $house = Bailey::Test->new;
#	$house->dns(zones => [$zone_text], rules => $text);
#	$house->bailey('authserv-id = "mx.example.org"');
#	$house->postfix(milter_default_action => 'tempfail');
#	my $smtp = $house->client('192.0.2.1');
#
# Sendmail trusts no folder everybody may write to, and no client that says it
# is another:
#
#	my $house = Bailey::Test->new(in => '/run');
#	...
#	$house->sendmail;
#	my $smtp = $house->client('127.0.0.10');

use v5.32;
use warnings;
use File::Temp ();
use Bailey::Test::Daemon;
use Bailey::Test::Dns;
use Bailey::Test::Postfix;
use Bailey::Test::Sendmail;
use Bailey::Test::Smtp;

# Why this machine cannot run a private Postfix; undef if it can.
sub why_not {
	return 'a private Postfix needs root' if $> != 0;
	return 'Postfix is not installed' if !-x '/usr/sbin/postfix';
	return;
}

# keep: the folder stays.  in: its parent, where that must not be writable for everybody.
sub new {
	my ($class, %is) = @_;
	my $folder = File::Temp->newdir('bailey-XXXXXXXX', $is{in} ? (DIR => $is{in}) : (TMPDIR => 1),
	    CLEANUP => !$is{keep});
	chmod 0755, "$folder" or die "chmod $folder: $!\n";
	return bless { folder => $folder }, $class;
}

sub folder { return "$_[0]{folder}" }

sub dns {
	my ($self, @is) = @_;
	$self->{dns} = Bailey::Test::Dns->new($self->folder, @is) if @is;
	return $self->{dns};
}

# Text of a configuration; what a test needs and the text does not say is added.
sub bailey {
	my ($self, @is) = @_;
	$self->{bailey} = Bailey::Test::Daemon->new($self->folder, $self->{dns}, @is) if @is;
	return $self->{bailey};
}

# Parameters of main.cf; beside them it only knows Bailey's socket.
sub postfix {
	my ($self, @is) = @_;
	if (!$self->{postfix} || @is) {
		my $socket = $self->{bailey} && $self->{bailey}->socket;
		$self->{postfix} = Bailey::Test::Postfix->new($self->folder,
		    $socket ? (smtpd_milters => $socket, non_smtpd_milters => $socket) : (), @is);
	}
	return $self->{postfix};
}

# See Bailey::Test::Sendmail::new().
sub sendmail {
	my ($self, @is) = @_;
	$self->{sendmail} = Bailey::Test::Sendmail->new($self->folder,
	    $self->{bailey} ? (socket => $self->{bailey}->socket) : (), @is) if !$self->{sendmail} || @is;
	return $self->{sendmail};
}

# The one under test.
sub mta { my ($self) = @_; return $self->{sendmail} // $self->postfix }

# An SMTP connection from this address, on loopback.  To Postfix it may pretend
# to come from any, and further XCLIENT attributes may follow.
sub client {
	my ($self, $address, %xclient) = @_;
	return Bailey::Test::Smtp->new($self->sendmail->port, $address) if $self->{sendmail};
	my $smtp = Bailey::Test::Smtp->new($self->postfix->port);
	$smtp->xclient($address, %xclient) if defined $address;
	return $smtp;
}

# The message behind the reply to its end, as delivered; undef after any other reply.
sub delivered {
	my ($self, $reply) = @_;
	my $id = Bailey::Test::Smtp::queue_id($reply) // return;
	return $self->mta->message($id);
}

sub stop {
	my ($self) = @_;
	$_->stop for grep { defined } @$self{qw(postfix sendmail bailey dns)};
	return;
}

# Let everything live on after the test (new(keep => 1)); the pids.
sub release {
	my ($self) = @_;
	return map { $_->release } map { $self->{$_}->process } grep { $self->{$_} } qw(postfix sendmail bailey dns);
}

# The processes end before their folder goes.
sub DESTROY { my ($self) = @_; delete @$self{$_} for qw(postfix sendmail bailey dns); return }

1;
