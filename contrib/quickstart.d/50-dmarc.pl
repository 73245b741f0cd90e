# SPDX-License-Identifier: BSD-2-Clause
# DKIM and DMARC: is the author's domain proven?
my $signature = <<'END' =~ s/\n\z//r;
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=signed.example; i=@signed.example; q=dns/txt; s=s1; t=1700000000;
 h=from : to : subject : date : message-id;
 bh=QQiVkrNQYsIdajvxVd0MkyO1z1RTTfmSZ9ae1SOoUhU=;
 b=vAh3F50rNuH2PSt1RpIZGevGyr4MEehXusrpwd8H41fwNt+7sr8jh9etq4zSDmlkiCJcl
 bbWVM8EOz+tUQVMCA==
END
my $text = <<'END';
From: Anna <anna@signed.example>
To: user@example.org
Subject: the minutes
Date: Sat, 21 Nov 2026 12:00:00 +0000
Message-ID: <2@signed.example>

As we agreed.
END

+{
	zone => <<'END',
$ORIGIN signed.example.
@	SOA ns hostmaster 1 3600 600 86400 60
	TXT "v=spf1 ip4:192.0.2.60 -all"
mail	A 192.0.2.60
relay	A 192.0.2.61
_dmarc	TXT "v=DMARC1; p=reject; sp=none; adkim=s"
s1._domainkey	TXT "v=DKIM1; k=ed25519; p=Heo+2jA9MDl5hPXVMOvx4QfSGJJ0urbJzipei2++W/o="
END
	reverse => { '192.0.2.60' => 'mail.signed.example', '192.0.2.61' => 'relay.signed.example' },
	sessions => [
		{
			title => 'A signed message',
			story => 'The signature is good, and of the domain in From: DMARC passes.',
			client => '192.0.2.60',
			helo => 'mail.signed.example',
			from => 'anna@signed.example',
			message => "$signature\n$text",
			data => qr/^250 /,
			header => qr/dkim=pass\s.*header\.d=signed\.example.*dmarc=pass\s.*header\.from=signed\.example/s,
		},
		{
			title => 'The same through a mailing list that adds a line',
			story => 'The body hash says what broke. DMARC fails, but p=reject alone does not refuse: lists do this every day '
			    . '(RFC 9989 7.4).',
			client => '192.0.2.10',
			helo => 'mail.client.example',
			from => 'list@client.example',
			message => "$signature\n${text}-- \nThe list\n",
			data => qr/^250 /,
			header => qr/dkim=fail\s.*body hash.*dmarc=fail\s+\(p=reject sp=none dis=none\)/s,
		},
		{
			title => 'Somebody else as that author',
			story => 'Neither SPF nor DKIM stand for the author, the domain says p=reject, and SPF failed for the sender, too: '
			    . 'that is evidence enough.',
			client => '192.0.2.10',
			helo => 'mail.client.example',
			from => 'anna@signed.example',
			message => $text =~ s/minutes/invoice/r,
			data => qr/^550 5\.7\.\d+ .*signed\.example/,
		},
		{
			title => 'Two authors',
			story => 'A mail program shows one of them, a filter looks at the other: a message that has more than one From '
			    . 'field is refused with the next best evidence; DMARC knows no author here.',
			client => '192.0.2.10',
			helo => 'mail.client.example',
			from => 'anna@signed.example',
			message => "From: Mallory <m\@client.example>\n$text",
			data => qr/^550 5\.6\.0 .*2 From fields/,
		},
	],
};
