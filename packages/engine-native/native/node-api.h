/* The part of Node-API that the add-on uses: a C interface whose binary form does not change between versions of Node.
 * Declared here because not every Node comes with its headers. */
#ifndef VIGIL_NODE_API_H
#define VIGIL_NODE_API_H
#include <stddef.h>
#include <stdint.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env env, napi_callback_info info);
/* napi_ok is 0. */
typedef int napi_status;
/* napi_uint8_array and napi_uint32_array */
enum { TYPED_UINT8 = 1, TYPED_UINT32 = 6 };

napi_status napi_get_cb_info(napi_env, napi_callback_info, size_t *count, napi_value *arguments, napi_value *self, void **data);
napi_status napi_is_typedarray(napi_env, napi_value, _Bool *result);
napi_status napi_get_typedarray_info(napi_env, napi_value, int *type, size_t *length, void **data, napi_value *buffer, size_t *offset);
napi_status napi_get_value_double(napi_env, napi_value, double *result);
napi_status napi_create_double(napi_env, double value, napi_value *result);
napi_status napi_create_string_utf8(napi_env, const char *text, size_t length, napi_value *result);
napi_status napi_throw_error(napi_env, const char *code, const char *message);
napi_status napi_create_function(napi_env, const char *name, size_t length, napi_callback, void *data, napi_value *result);
napi_status napi_set_named_property(napi_env, napi_value object, const char *name, napi_value value);

#endif
