# SPDX-License-Identifier: BSD-2-Clause
# Authentication-Results that pretend to be ours.
+{
	sessions => [
		{
			title => 'A message that brings forged results',
			story => 'Two of its Authentication-Results claim to be from mx.example.org, in two spellings; '
			    . 'they go, ours comes. The one of another host stays.',
			client => '192.0.2.10',
			helo => 'mail.client.example',
			fields => [
				'Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=bank.example',
				'Authentication-Results: relay.client.example; auth=pass',
				qq{Authentication-Results: "MX.Example.ORG" (trust me) 1;\n\tdkim=pass header.d=bank.example},
			],
			data => qr/^250 /,
			header => qr/iprev=pass/,
			headers => 2,
			without => qr/bank\.example/,
		},
	],
};
