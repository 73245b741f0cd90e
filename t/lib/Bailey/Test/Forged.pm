# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Forged;

# Authentication-Results that claim to be from mx.example.org, in every
# spelling, and some of others that look a little like them.

use v5.32;
use warnings;
use Exporter 'import';

our @EXPORT = qw(@forged @foreign @mixed);

our @foreign = (
	' relay.client.example; auth=pass',
	' mx.example.org.client.example; spf=pass',
	" notmx.example.org;\n\tspf=pass smtp.mailfrom=client.example",
);
our @forged = (
	' mx.example.org; spf=pass smtp.mailfrom=forged.example',
	' MX.Example.ORG ; dkim=pass header.d=forged.example',
	' "mx.example.org"; dmarc=pass header.from=forged.example',
	' (of course) mx.example.org (really) 1 (yes); spf=pass smtp.mailfrom=forged.example',
	"\n\tmx.example.org;\n\tdkim=pass header.d=forged.example",
	' mx.example.org 99; spf=pass smtp.mailfrom=forged.example',
	' mx.example.org; none (forged)',
	" mx.example.org;" . join(';', map { "\n\tx-$_=pass (forged) header.from=forged.example" } 1 .. 100),
);

# Numbers of fields shift with each deletion in one mail server, in the other they do not.
our @mixed = (@forged[0, 1], $foreign[0], @forged[2, 3, 4], $foreign[1], $forged[5], $foreign[2], @forged[6, 7]);

1;
