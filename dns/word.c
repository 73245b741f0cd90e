/* SPDX-License-Identifier: BSD-2-Clause */
/* What needs no resolver: the words of the DNS, and names made of addresses. */
#include <stdio.h>

#include "dns/dns.h"

bool
dns_is_temporary(enum dns_status status)
{
	switch (status) {
	case DNS_OK:
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		return false;
	case DNS_SERVFAIL:
	case DNS_REFUSED:
	case DNS_TIMEOUT:
	case DNS_BADRESP:
	case DNS_STATUS_COUNT:
		break;
	}
	return true;
}

const char *
dns_status_text(enum dns_status status)
{
	static const char *const words[DNS_STATUS_COUNT] = {
	    [DNS_OK] = "OK",
	    [DNS_NODATA] = "NODATA",
	    [DNS_NXDOMAIN] = "NXDOMAIN",
	    [DNS_SERVFAIL] = "SERVFAIL",
	    [DNS_REFUSED] = "REFUSED",
	    [DNS_TIMEOUT] = "TIMEOUT",
	    [DNS_BADRESP] = "BADRESP",
	};

	return words[status];
}

const char *
dns_type_text(enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return "A";
	case DNS_CNAME:
		return "CNAME";
	case DNS_SOA:
		return "SOA";
	case DNS_PTR:
		return "PTR";
	case DNS_MX:
		return "MX";
	case DNS_TXT:
		return "TXT";
	case DNS_AAAA:
		return "AAAA";
	}
	return "";
}

const char *
dns_ptr_name(const struct addr *a, char out[DNS_PTR_NAME_SIZE])
{
	static const char *const zone[] = {
	    [ADDR_NONE] = "", [ADDR_V4] = "in-addr.arpa", [ADDR_V6] = "ip6.arpa"};
	char reverse[ADDR_REVERSE_SIZE];

	(void)snprintf(out, DNS_PTR_NAME_SIZE, "%s%s", addr_reverse(a, reverse), zone[a->family]);
	return out;
}

enum dns_type
dns_addr_type(const struct addr *a)
{
	return a->family == ADDR_V6 ? DNS_AAAA : DNS_A;
}
