/* Visibility of public symbols, and the version of this header set. */
#ifndef PNEU_EXPORT_H
#define PNEU_EXPORT_H

#define PNEU_VERSION_MAJOR 0
#define PNEU_VERSION_MINOR 1
#define PNEU_VERSION_PATCH 0
#define PNEU_VERSION_STRING "0.1.0"

#if defined(__GNUC__)
#define PNEU_API __attribute__((visibility("default")))
#else
#define PNEU_API
#endif

#ifdef __cplusplus
#define PNEU_BEGIN_DECLS extern "C" {
#define PNEU_END_DECLS }
#else
#define PNEU_BEGIN_DECLS
#define PNEU_END_DECLS
#endif

#endif
