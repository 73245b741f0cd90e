/* SPDX-License-Identifier: BSD-2-Clause */
/* Private keys in a throw-away folder, for tests; what goes wrong ends the test. */
#ifndef T_UNIT_KEY_FILES_H
#define T_UNIT_KEY_FILES_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <sys/types.h>

#include "lib/arena.h"

enum form { PKCS8, TRADITIONAL, ENCRYPTED };

/* Makes the folder, and the arena in which all texts below are. */
void	 key_files_open(struct arena *);
void	 key_files_close(struct arena *);
extern char key_folder[];

const char *path_of(const char *name);
void	 put(const char *name, mode_t mode, const char *text);
/* Frees the key. */
void	 put_key(const char *name, mode_t mode, EVP_PKEY *, enum form);
/* Base64 of DER: the traditional form of RSA, PKCS #8 of Ed25519. */
const char *der_of(const char *name);

#endif
