/* What a server offers (the keywords that EHLO brings), in words. */
#ifndef PN_CLI_EXTENSION_H
#define PN_CLI_EXTENSION_H

/* What a keyword means; NULL for one that is not known here. */
const char *pn_extension_meaning(const char *keyword);

#endif
