#include "families.h"
#include "processor.h"

static int always(void) { return 1; }

Learn learnPortable;
Act actPortable;

#if defined(__x86_64__)
Learn learnAvx512, learnAvx2;
Act actAvx512, actAvx2;
const Family families[] = {
    {"avx512", learnAvx512, actAvx512, hasAvx512},
    {"avx2", learnAvx2, actAvx2, hasAvx2},
    {"portable-c", learnPortable, actPortable, always},
};
#elif defined(__aarch64__)
Learn learnNeon;
Act actNeon;
const Family families[] = {{"neon", learnNeon, actNeon, always}, {"portable-c", learnPortable, actPortable, always}};
#else
const Family families[] = {{"portable-c", learnPortable, actPortable, always}};
#endif

const int familyCount = sizeof families / sizeof *families;
