# SPDX-License-Identifier: BSD-2-Clause
# HELO: does the client give a name of its own?
+{
	reverse => { '192.0.2.40' => 'mail.client.example' },
	sessions => [
		{
			title => 'A client that greets with our name',
			story => 'Only we are mx.example.org. Refused at RCPT, so that the log has sender and recipient; '
			    . 'the reply says why, and has an id to ask for.',
			client => '192.0.2.40',
			helo => 'mx.example.org',
			rcpt => qr/^550 5\.7\.\d+ .*HELO.*mx\.example\.org.*/,
		},
		{
			title => 'The same client writes to postmaster',
			story => 'Postmaster is never refused: whoever is blocked must be able to ask (RFC 5321 4.5.1).',
			client => '192.0.2.40',
			helo => 'mx.example.org',
			to => 'postmaster@example.org',
			data => qr/^250 /,
		},
	],
};
