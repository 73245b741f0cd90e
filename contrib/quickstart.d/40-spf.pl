# SPDX-License-Identifier: BSD-2-Clause
# SPF: may this client use the sender's domain?
+{
	zone => <<'END',
$ORIGIN spf.example.
@	SOA ns hostmaster 1 3600 600 86400 60
	NS ns
ns	A 127.0.0.1
mail	A 192.0.2.50
good	TXT "v=spf1 include:_spf.good.spf.example -all"
_spf.good	TXT "v=spf1 ip4:192.0.2.48/28 ~all"
soft	TXT "v=spf1 mx ~all"
	MX 10 ns
strict	TXT "v=spf1 ip4:198.51.100.0/24 -all exp=why.spf.example"
why	TXT "%{i} is none of %{d}'s hosts"
silent	TXT "v=spf1 -all"
END
	reverse => { '192.0.2.50' => 'mail.spf.example' },
	sessions => [
		{
			title => 'A sender whose domain names this client',
			story => 'The record includes another, and that has the network: spf=pass.',
			client => '192.0.2.50',
			helo => 'mail.spf.example',
			from => 'sender@good.spf.example',
			data => qr/^250 /,
			header => qr/spf=pass\s.*smtp\.mailfrom=good\.spf\.example/s,
		},
		{
			title => 'A sender whose domain is not sure',
			story => 'softfail is evidence, never a reason to refuse on its own (RFC 7208 8.5).',
			client => '192.0.2.50',
			helo => 'mail.spf.example',
			from => 'sender@soft.spf.example',
			data => qr/^250 /,
			header => qr/spf=softfail\s.*smtp\.mailfrom=soft\.spf\.example/s,
		},
		{
			title => 'A sender whose domain does not know this client',
			story => 'fail breaks forwarding, so by default it is evidence only: the mail arrives.',
			client => '192.0.2.50',
			helo => 'mail.spf.example',
			from => 'sender@strict.spf.example',
			data => qr/^250 /,
			header => qr/spf=fail\s.*smtp\.mailfrom=strict\.spf\.example/s,
		},
		{
			title => 'A domain that sends no mail',
			story => 'Its record is v=spf1 -all: nobody may, and no forwarder ever had such a mail. Refused.',
			client => '192.0.2.50',
			helo => 'mail.spf.example',
			from => 'sender@silent.spf.example',
			rcpt => qr/^550 5\.7\.23 .*silent\.spf\.example/,
		},
	],
};
