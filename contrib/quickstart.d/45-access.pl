# SPDX-License-Identifier: BSD-2-Clause
# The administrator's lists: allowed, refused, spared a check.
+{
	conf => sub {
		my ($folder) = @_;
		spew("$folder/access", <<'END');
192.0.2.45		OK
192.0.2.46		REJECT we have talked about this
192.0.2.47		SKIP helo
END
		return qq(access { table "file:$folder/access" {} });
	},
	sessions => [
		{
			title => 'A client that is allowed',
			story => 'It greets with our name, which would be refused. But the access table has OK for its '
			    . 'address, and what other checks find does not count.',
			client => '192.0.2.45',
			helo => 'mx.example.org',
			data => qr/^250 /,
		},
		{
			title => 'A client that is refused',
			story => 'The table has REJECT for it, with the words of the administrator.',
			client => '192.0.2.46',
			helo => 'mail.client.example',
			rcpt => qr/^554 5\.7\.1 .*we have talked about this/,
		},
		{
			title => 'A client that is spared a check',
			story => 'An old printer that greets with our name. The table has SKIP helo for it: everything '
			    . 'else is looked at as ever, and the log says what was skipped.',
			client => '192.0.2.47',
			helo => 'mx.example.org',
			data => qr/^250 /,
		},
	],
};
