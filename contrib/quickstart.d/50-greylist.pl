# SPDX-License-Identifier: BSD-2-Clause
# Greylisting: does the client come again, as a mail server does?
+{
	conf => 'greylist { delay = "2s" recipients = { "grey@example.org" } }',
	sessions => [
		{
			title => 'A client without a name',
			story => 'Nothing is wrong with it but that its address has no name. That is evidence, not proof: '
			    . 'it has to come again. After 5 minutes, by default; here after 2 seconds.',
			client => '192.0.2.90',
			helo => 'mail.client.example',
			to => 'grey@example.org',
			rcpt => qr/^451 4\.7\.1 .*Greylisted, come back in 2 seconds/,
		},
		{
			title => 'It comes again, from the host beside it',
			story => 'Clients of one network count as one. From now on this sender and recipient pass at once.',
			wait => 3,
			client => '192.0.2.91',
			helo => 'mail.client.example',
			to => 'grey@example.org',
			data => qr/^250 /,
			also => 'X-Greylist',
		},
	],
};
