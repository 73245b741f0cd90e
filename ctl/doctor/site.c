/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Site: who we are to others.  What the command line says, else what the
 * configurations and the interfaces of this host let us guess.
 */
#include "config.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "checks/sign.h"
#include "ctl/doctor/doctor.h"
#include "ctl/show.h"

#define SENDMAIL_CF "/etc/mail/sendmail.cf"

static void
add_address(struct doctor *d, const struct addr *a)
{
	for (size_t i = 0; i < d->address_count; i++)
		if (addr_equal(&d->addresses[i], a))
			return;
	if (d->address_count < DOCTOR_ADDRESSES_MAX)
		d->addresses[d->address_count++] = *a;
}

/* "192.0.2.1, [2001:db8::1]"; names and private addresses among them tell nothing. */
static void
add_listed(struct doctor *d, const char *list)
{
	const char *word;
	struct addr a;

	while ((word = word_next(d, &list)) != NULL)
		if ((addr_parse(&a, word) ||
			addr_parse(
			    &a, doctor_printf(d, "%.*s", (int)strcspn(word + 1, "]"), word + 1))) &&
		    !addr_is_special(&a))
			add_address(d, &a);
}

static void
add_interfaces(struct doctor *d)
{
	struct ifaddrs *all, *i;
	struct addr a;

	if (getifaddrs(&all) != 0)
		return;
	for (i = all; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr == NULL)
			continue;
		addr_from_sockaddr(&a, i->ifa_addr,
		    i->ifa_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						       : sizeof(struct sockaddr_in));
		if (!addr_is_special(&a))
			add_address(d, &a);
	}
	freeifaddrs(all);
}

static int
find_addresses(struct doctor *d)
{
	const char *text;
	struct addr a;

	for (size_t i = 0; (text = call_value(d->call, "address", i)) != NULL; i++) {
		if (!addr_parse(&a, text))
			return call_misused(d->call, "--address %s: not an IP address", text);
		add_address(d, &a);
	}
	if (d->address_count > 0)
		return EXIT_DONE;
	add_listed(d, postfix_get(d, "proxy_interfaces"));
	add_listed(d, postfix_get(d, "smtp_bind_address"));
	add_listed(d, postfix_get(d, "smtp_bind_address6"));
	if (d->address_count == 0)
		add_listed(d, postfix_get(d, "inet_interfaces"));
	if (d->address_count == 0)
		add_interfaces(d);
	return EXIT_DONE;
}

static void
find_helo(struct doctor *d)
{
	char host[NAME_TEXT_SIZE] = "";
	const char *name = postfix_get(d, "smtp_helo_name");

	if (*name == '\0')
		name = json_text_of(d->mta, "hostname");
	if (*name == '\0' && gethostname(host, sizeof host - 1) == 0)
		name = host;
	(void)name_canon(name, d->helo);
}

/* A canonical name. */
static void
add_domain(struct doctor *d, const char *name)
{
	for (size_t i = 0; i < d->domain_count; i++)
		if (strcmp(d->domains[i], name) == 0)
			return;
	if (d->domain_count == DOCTOR_DOMAINS_MAX)
		d->domains_left = true;
	else
		d->domains[d->domain_count++] = doctor_printf(d, "%s", name);
}

/* A word of a list; the server's own name is another subject, the loopback's are none. */
static void
add_word(struct doctor *d, const char *word)
{
	char name[NAME_TEXT_SIZE];

	if (strpbrk(word, ":/$") != NULL)
		d->domains_left = true;
	else if (name_canon(word, name) == NAME_OK && name_labels(name) >= 2 &&
		 strcmp(name, d->helo) != 0 && strncmp(name, "localhost.", 10) != 0)
		add_domain(d, name);
}

/* There may be thousands more, and each would take memory. */
static bool
is_full(const struct doctor *d)
{
	return d->domain_count == DOCTOR_DOMAINS_MAX && d->domains_left;
}

static void
add_signer(const struct sign_key *k, const char *domain, void *arg)
{
	(void)k;
	add_domain(arg, domain);
}

static int
find_domains(struct doctor *d)
{
	static const char *const lists[] = {
	    "mydestination", "virtual_mailbox_domains", "virtual_alias_domains"};
	const struct sign_options *sign = doctor_options(d, &check_sign);
	const char *text, *word;
	char name[NAME_TEXT_SIZE];

	for (size_t i = 0; (text = call_value(d->call, "domain", i)) != NULL; i++) {
		if (name_canon(text, name) != NAME_OK)
			return call_misused(d->call, "--domain %s: not a domain name", text);
		add_domain(d, name);
	}
	if (d->domain_count > 0)
		return EXIT_DONE;
	if (sign != NULL)
		sign_each_key(sign, add_signer, d);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		for (text = postfix_get(d, lists[i]);
		     !is_full(d) && (word = word_next(d, &text)) != NULL;)
			add_word(d, word);
	return EXIT_DONE;
}

int
site_find(struct doctor *d)
{
	const char *cf = call_value(d->call, "sendmail", 0);
	int status;

	if (cf != NULL || access(SENDMAIL_CF, R_OK) == 0)
		d->sendmail_cf = cf != NULL ? cf : SENDMAIL_CF;
	find_helo(d);
	status = find_addresses(d);
	return status == EXIT_DONE ? find_domains(d) : status;
}
