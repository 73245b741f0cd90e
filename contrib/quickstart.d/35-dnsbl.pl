# SPDX-License-Identifier: BSD-2-Clause
# DNS lists: who is on them, and whether they can be believed.
my $test_v6 = '2.0.0.0.0.0.f.7.f.f.f.f' . '.0' x 20;
# What every honest list has, for its self-test (RFC 5782).
my $sound = "2.0.0.127 A 127.0.0.2\n$test_v6 A 127.0.0.2\n";
my $v6 = join '.', reverse split //, '20010db8000000000000000000000066';
+{
	zone => <<"END",
\$ORIGIN bl.example.
@	SOA ns hostmaster 1 3600 600 86400 60
$sound
66.2.0.192 A 127.0.0.2
66.2.0.192 TXT "Listed for sending spam, see https://bl.example/192.0.2.66"
$v6 A 127.0.0.2
$v6 TXT "Listed for sending spam, see https://bl.example/2001:db8::66"
67.2.0.192 A 127.0.0.2
\$ORIGIN wl.example.
@	SOA ns hostmaster 1 3600 600 86400 60
$sound
67.2.0.192 A 127.0.10.3
\$ORIGIN refuses.example.
@	SOA ns hostmaster 1 3600 600 86400 60
$sound
68.2.0.192 A 127.255.255.254
\$ORIGIN nomail.example.
@	SOA ns hostmaster 1 3600 600 86400 60
@	MX 0 .
END
	reverse => {
		map { ($_ => 'mail.client.example') } qw(192.0.2.66 192.0.2.67 192.0.2.68 2001:db8::66)
	},
	conf => <<'END',
dnsbl {
	zone "bl.example" { answers = "127.0.0.[2..11]" weight = 5 }
	zone "wl.example" { answers = "127.0.[0..255].[1..3]" weight = 4 kind = "allow" }
	zone "refuses.example" { weight = 5 }
}
END
	sessions => [
		{
			title => 'A client on a block list',
			story => 'bl.example weighs 5, reject-at is 5. The reply names the list and has its own words.',
			client => '192.0.2.66',
			helo => 'mail.client.example',
			rcpt => qr{^554 5\.7\.1 Service unavailable; client \[192\.0\.2\.66\] blocked using bl\.example; Listed for sending spam, see https://bl\.example/192\.0\.2\.66},
		},
		{
			title => 'Another, over IPv6',
			story => 'The same list, asked by the nibbles of the address.',
			client => '2001:db8::66',
			helo => 'mail.client.example',
			rcpt => qr/^554 5\.7\.1 .*\[2001:db8::66\] blocked using bl\.example/,
		},
		{
			title => 'A client on a block list, and on an allow list',
			story => '5 - 4 = 1: not enough to refuse. The header says who vouches for it (RFC 8904).',
			client => '192.0.2.67',
			helo => 'mail.client.example',
			data => qr/^250 /,
			header => qr/dnswl=pass .*dns\.zone=wl\.example\s+policy\.ip=127\.0\.10\.3/s,
		},
		{
			title => 'A list that refuses to be asked through a public resolver',
			story => 'It answers 127.255.255.254. That is an error and no listing: the mail arrives, and the log says what to do.',
			client => '192.0.2.68',
			helo => 'mail.client.example',
			data => qr/^250 /,
			log => qr/dnsbl: refuses\.example answered 127\.255\.255\.254 .*public resolver/,
		},
		{
			title => 'A sender whose domain has no mail',
			story => 'Its MX is ".": nobody could answer this mail (RFC 7505).',
			client => '192.0.2.10',
			helo => 'mail.client.example',
			from => 'someone@nomail.example',
			rcpt => qr/^550 5\.7\.27 .*nomail\.example/,
		},
	],
};
