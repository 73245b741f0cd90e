# SPDX-License-Identifier: BSD-2-Clause
# Reverse DNS: does the client's address have a name, and the name this address?
+{
	zone => <<'END',
$ORIGIN client.example.
@	SOA ns hostmaster 1 3600 600 86400 60
	NS ns
	MX 10 mail
ns	A 127.0.0.1
mail	A 192.0.2.10
	AAAA 2001:db8::25
dialup	A 192.0.2.20
END
	reverse => {
		'192.0.2.10' => 'mail.client.example',
		'2001:db8::25' => 'mail.client.example',
	},
	rules => "rule 30.2.0.192.in-addr.arpa PTR rcode SERVFAIL\n",
	sessions => [
		{
			title => 'A well-kept mail server',
			story => 'Its address has a name, and the name has this address: iprev=pass.',
			client => '192.0.2.10',
			helo => 'mail.client.example',
			data => qr/^250 /,
			header => qr/^ mx\.example\.org;\s+iprev=pass .*policy\.iprev=192\.0\.2\.10/s,
		},
		{
			title => 'The same server over IPv6',
			story => 'Nothing is different, only the address.',
			client => '2001:db8::25',
			helo => 'mail.client.example',
			data => qr/^250 /,
			header => qr/iprev=pass .*policy\.iprev="2001:db8::25"/s,
		},
		{
			title => 'A client without reverse DNS',
			story => 'No PTR record. By default that is evidence, not a reason to refuse: '
			    . 'the mail arrives, the header says permerror.',
			client => '192.0.2.20',
			helo => 'dialup.client.example',
			data => qr/^250 /,
			header => qr/iprev=permerror/,
		},
		{
			title => 'The DNS is in trouble',
			story => 'The name server of the client answers SERVFAIL. Nobody is punished for that: '
			    . 'temperror, and the mail arrives.',
			client => '192.0.2.30',
			helo => 'mail.client.example',
			data => qr/^250 /,
			header => qr/iprev=temperror/,
		},
	],
};
