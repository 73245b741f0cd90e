# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Smtp;

# An SMTP client that says exactly what it is told, bytes included, and keeps
# the whole dialogue.

use v5.32;
use warnings;
use IO::Socket::IP;

use constant PATIENCE => 60;	# seconds for one reply

# To a port on loopback, from this address there.
sub new {
	my ($class, $port, $from) = @_;
	my $to = ($from // '') =~ /:/ ? '::1' : '127.0.0.1';
	my $socket = IO::Socket::IP->new(PeerAddr => $to, PeerPort => $port, LocalAddr => $from)
	    or die "connect to port $port: $@\n";
	return $class->over($socket);
}

# A dialogue with the program at the other end of a socket.
sub over {
	my ($class, $socket) = @_;
	binmode $socket;
	$socket->autoflush(1);
	my $self = bless { socket => $socket, dialogue => [] }, $class;
	$self->{greeting} = $self->reply;
	return $self;
}

# A reply: "250 2.1.5 Ok"; several lines are joined with LF.  '' when the server hung up.
sub reply {
	my ($self) = @_;
	my @lines;
	local $SIG{ALRM} = sub { die "no reply within ${\PATIENCE} s\n" };
	alarm PATIENCE;
	while (defined(my $line = readline $self->{socket})) {
		$line =~ s/\r?\n\z//;
		push @lines, $line;
		last if $line !~ /^\d{3}-/;
	}
	alarm 0;
	my $reply = join "\n", @lines;
	push @{ $self->{dialogue} }, [ server => $reply ];
	return $reply;
}

# One command, and what the server says to it.
sub say {
	my ($self, $command) = @_;
	push @{ $self->{dialogue} }, [ client => $command ];
	local $SIG{PIPE} = 'IGNORE';
	print { $self->{socket} } "$command\r\n";
	return $self->reply;
}

# Take over another client's address (Postfix XCLIENT_README).
sub xclient {
	my ($self, $address, %more) = @_;
	my $tag = $address =~ /:/ ? 'IPV6:' : '';
	my %is = (NAME => '[UNAVAILABLE]', ADDR => "$tag$address", %more);
	$self->say('EHLO xclient.invalid');
	my $reply = $self->say(join ' ', 'XCLIENT', map { "$_=$is{$_}" } sort keys %is);
	die "XCLIENT: $reply\n" if $reply !~ /^220/;
	$self->{dialogue} = [];
	return $reply;
}

sub ehlo { my ($self, $name) = @_; return $self->say("EHLO $name") }
sub mail { my ($self, $from, @params) = @_; return $self->say(join ' ', "MAIL FROM:<$from>", @params) }
sub rcpt { my ($self, $to) = @_; return $self->say("RCPT TO:<$to>") }

# The message text after DATA, LF or CRLF; dots are stuffed here.
sub data {
	my ($self, $text) = @_;
	my $reply = $self->say('DATA');
	return $reply if $reply !~ /^354/;
	push @{ $self->{dialogue} }, [ message => $text ];
	$text =~ s/\r?\n/\r\n/g;
	$text =~ s/^\./../mg;
	$text .= "\r\n" if $text !~ /\r\n\z/;
	local $SIG{PIPE} = 'IGNORE';
	print { $self->{socket} } $text, ".\r\n";
	return $self->reply;
}

# A whole transaction; the last reply, which is the first refusal if there was one.
sub send {
	my ($self, %is) = @_;
	for my $step (
		sub { $self->mail($is{from} // 'sender@client.example') },
		(map { my $to = $_; sub { $self->rcpt($to) } } @{ $is{to} // ['user@example.org'] }),
		sub { $self->data($is{message} // message()) },
	    ) {
		my $reply = $step->();
		return $reply if $reply !~ /^[23]/;
	}
	return $self->{dialogue}[-1][1];
}

sub quit { my ($self) = @_; my $reply = $self->say('QUIT'); close $self->{socket}; return $reply }
sub drop { my ($self) = @_; close $self->{socket}; return }

sub dialogue { return @{ $_[0]{dialogue} } }

# What Postfix or Sendmail calls the message it took: "queued as 4dDF1r0Jz" -> 4dDF1r0Jz
sub queue_id {
	my ($reply) = @_;
	return $reply =~ /queued as (\w+)|^250 2\.0\.0 (\w+) Message accepted/ ? $1 // $2 : undef;
}

# An ordinary message; fields that stand above the others may be given.
sub message {
	my (@fields) = @_;
	return join "\n", @fields, 'From: Sender <sender@client.example>', 'To: user@example.org',
	    'Subject: hello', 'Date: Sat, 21 Nov 2026 12:00:00 +0000',
	    'Message-ID: <1@client.example>', '', 'A short message.', '';
}

1;
