/* The Node add-on: families(), workspaceBytes(memory, plan, stepCount), learn(memory, family, update, workspaces) and
 * act(memory, family, acting, workspace, judgesOnly). */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "families.h"
#include "node-api.h"
#include "subnormal.h"

enum { THREADS_MAX = 64 };

static napi_value refuse(napi_env env, const char *message) {
  napi_throw_error(env, NULL, message);
  return NULL;
}

/* The bytes of a typed array. @returns NULL for anything else */
static void *bytesOf(napi_env env, napi_value value, int expected, size_t *length) {
  _Bool isArray = 0;
  int type = -1;
  void *data = NULL;
  if (napi_is_typedarray(env, value, &isArray) != 0 || !isArray) return NULL;
  if (napi_get_typedarray_info(env, value, &type, length, &data, NULL, NULL) != 0 || type != expected) return NULL;
  return data;
}

/* A whole number of 32 bits. @returns 0 for anything else */
static int offsetOf(napi_env env, napi_value value, uint32_t *offset) {
  double number;
  if (napi_get_value_double(env, value, &number) != 0 || !(number >= 0 && number <= UINT32_MAX)) return 0;
  *offset = (uint32_t)number;
  return *offset == number;
}

/* Names of the families that this processor has, best first, with a space between them. */
static napi_value namesOfFamilies(napi_env env, napi_callback_info info) {
  (void)info;
  char names[64] = "";
  for (int index = 0; index < familyCount; index++) {
    if (!families[index].runsHere()) continue;
    if (names[0] != '\0') strcat(names, " ");
    strcat(names, families[index].name);
  }
  napi_value result;
  napi_create_string_utf8(env, names, strlen(names), &result);
  return result;
}

/* Bytes of a workspace for segments of so many steps. */
static napi_value workspaceBytes(napi_env env, napi_callback_info info) {
  napi_value arguments[3], result;
  size_t count = 3, length;
  uint32_t plan, stepCount;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  char *base = count == 3 ? bytesOf(env, arguments[0], TYPED_UINT8, &length) : NULL;
  if (base == NULL || !offsetOf(env, arguments[1], &plan) || !offsetOf(env, arguments[2], &stepCount)) {
    return refuse(env, "workspaceBytes takes a memory and two offsets");
  }
  const Plan *checked = checkedPlan(base, length, plan);
  if (checked == NULL || stepCount < 1 || stepCount > INT32_MAX) return refuse(env, "the plan is none");
  Workspace unused;
  napi_create_double(env, (double)layOut(checked, (int)stepCount, NULL, &unused), &result);
  return result;
}

typedef struct {
  Learn *learn;
  char *base;
  uint32_t update, workspace;
} Part;

static void *takePart(void *own) {
  const Part *part = own;
  const uint64_t before = flushSubnormals();
  part->learn(part->base, part->update, part->workspace);
  restoreSubnormals(before);
  return NULL;
}

/* The calling thread takes part: a thread that cannot be started only leaves it more items. */
static void runThreads(Part *parts, size_t count) {
  pthread_t threads[THREADS_MAX];
  size_t started = 0;
  for (size_t index = 1; index < count; index++) {
    if (pthread_create(&threads[started], NULL, takePart, &parts[index]) != 0) break;
    started++;
  }
  takePart(&parts[0]);
  for (size_t index = 0; index < started; index++) pthread_join(threads[index], NULL);
}

/* @returns the family of a number among those that this processor has, or NULL */
static const Family *familyAt(uint32_t number) {
  uint32_t seen = 0;
  for (int index = 0; index < familyCount; index++) {
    if (families[index].runsHere() && seen++ == number) return &families[index];
  }
  return NULL;
}

static napi_value learn(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  size_t count = 4, length, workspaceCount = 0;
  uint32_t family, update;
  Part parts[THREADS_MAX];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  char *base = count == 4 ? bytesOf(env, arguments[0], TYPED_UINT8, &length) : NULL;
  if (base == NULL || !offsetOf(env, arguments[1], &family) || !offsetOf(env, arguments[2], &update)) {
    return refuse(env, "learn takes a memory, a family, an update and workspaces");
  }
  const uint32_t *workspaces = bytesOf(env, arguments[3], TYPED_UINT32, &workspaceCount);
  if (workspaces == NULL || workspaceCount < 1 || workspaceCount > THREADS_MAX) return refuse(env, "there are no workspaces");
  const Family *chosen = familyAt(family);
  if (chosen == NULL) return refuse(env, "there is no such family");
  if (!isUpdateInside(base, length, update)) return refuse(env, "the update names what does not lie in the memory");
  if (!isUpdateInRange(base, update)) return refuse(env, "a category, an action or the progress is out of range");
  if (!areWorkspacesInside(base, length, update, workspaces, workspaceCount)) return refuse(env, "a workspace does not fit");
  for (size_t thread = 0; thread < workspaceCount; thread++) {
    parts[thread] = (Part){chosen->learn, base, update, workspaces[thread]};
  }
  runThreads(parts, workspaceCount);
  return NULL;
}

/* The workspace need not be aligned. */
static napi_value act(napi_env env, napi_callback_info info) {
  napi_value arguments[5], result;
  size_t count = 5, length, workspaceLength;
  uint32_t family, acting, judgesOnly;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  char *base = count == 5 ? bytesOf(env, arguments[0], TYPED_UINT8, &length) : NULL;
  if (base == NULL || !offsetOf(env, arguments[1], &family) || !offsetOf(env, arguments[2], &acting) ||
      !offsetOf(env, arguments[4], &judgesOnly)) {
    return refuse(env, "act takes a memory, a family, an acting block, a workspace and a switch");
  }
  char *workspace = bytesOf(env, arguments[3], TYPED_UINT8, &workspaceLength);
  const Family *chosen = familyAt(family);
  if (chosen == NULL) return refuse(env, "there is no such family");
  if (!isActingInside(base, length, acting, judgesOnly != 0)) {
    return refuse(env, "the acting block names what does not lie in the memory or is out of range");
  }
  Workspace unused;
  const size_t bytes = layOut((const Plan *)(base + ((const Acting *)(base + acting))->plan), 1, NULL, &unused);
  const size_t before = -(uintptr_t)workspace & 63;
  if (workspace == NULL || workspaceLength < before + bytes) return refuse(env, "a workspace does not fit");
  const uint64_t state = flushSubnormals();
  const double outcome = chosen->act(base, acting, workspace + before, judgesOnly != 0);
  restoreSubnormals(state);
  napi_create_double(env, outcome, &result);
  return result;
}

static void export(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, strlen(name), callback, NULL, &function);
  napi_set_named_property(env, exports, name, function);
}

/* What Node calls when it loads the add-on. */
__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  export(env, exports, "families", namesOfFamilies);
  export(env, exports, "workspaceBytes", workspaceBytes);
  export(env, exports, "learn", learn);
  export(env, exports, "act", act);
  return exports;
}
