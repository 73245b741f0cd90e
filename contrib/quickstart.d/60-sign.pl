# SPDX-License-Identifier: BSD-2-Clause
# Signing: a second site, with a Postfix and a Bailey of its own, sends mail to the first.
use Bailey::Test::Tools;

my $zone = <<'END';
$ORIGIN sender.example.
@	SOA ns hostmaster 1 3600 600 86400 60
	MX 10 mail
	TXT "v=spf1 a:out.sender.example -all"
mail	A 192.0.2.66
out	A 127.0.0.66
_dmarc	TXT "v=DMARC1; p=reject; adkim=s; aspf=s"
s1._domainkey	TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
END

# The key of RFC 8463 A.1, which everybody knows; one of your own comes from baileyctl dkim-keygen.
my $key = <<'END';
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
END

# The second site lives below the first, whose Postfix is all it knows of the world.
my %site = (
	zones => [$zone],
	conf => sub {
		my ($folder) = @_;
		mkdir "$folder/keys" or die "$folder/keys: $!\n";
		my $path = spew("$folder/keys/sender.example.s1.pem", $key);
		chmod 0600, $path or die "$path: $!\n";
		chown scalar(getpwnam 'nobody'), 0, $path if $> == 0;
		return <<"END";
authserv-id = "out.sender.example"
local-domains = { "sender.example" }
sign { key-directory = "$folder/keys" domain "sender.example" { selectors = "s1" } }
END
	},
	postfix => sub {
		my ($house) = @_;
		return (
			myhostname => 'out.sender.example',
			virtual_mailbox_domains => 'sender.example',
			default_transport => 'smtp',
			relayhost => '[127.0.0.1]:' . $house->postfix->port,
			smtp_bind_address => '127.0.0.66',
			smtpd_sasl_auth_enable => 'yes',
			smtpd_recipient_restrictions => 'permit_sasl_authenticated, reject_unauth_destination',
		);
	},
);

+{
	zone => $zone,
	reverse => { '127.0.0.66' => 'out.sender.example' },
	sessions => [
		{
			title => 'Mail that we sign',
			story => 'At another site, which has a Postfix and a Bailey too, Anna has logged in. Her Bailey signs what '
			    . 'she sends; her Postfix gives it to ours by SMTP, and our Bailey finds the signature good and of the '
			    . 'domain in From.',
			site => \%site,
			outgoing => '127.0.0.66',	# its address, as others see it
			client => '192.0.2.67',
			login => 'anna@sender.example',
			helo => 'laptop.sender.example',
			from => 'anna@sender.example',
			message => "From: Anna <anna\@sender.example>\nTo: user\@example.org\nSubject: the minutes\n\nAs we agreed.\n",
			data => qr/^250 /,
			also => 'DKIM-Signature',
			header => qr/spf=pass\s.*dkim=pass\s.*header\.d=sender\.example.*dmarc=pass\s.*header\.from=sender\.example/s,
		},
	],
};
