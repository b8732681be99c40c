/* The media type of a file, by the end of its name. */
#ifndef PN_CLI_MIME_TYPE_H
#define PN_CLI_MIME_TYPE_H

/* "image/png"; "application/octet-stream" if it is not known. Static. */
const char *pn_mime_type_of(const char *file_name);

#endif
