/** The blocks of memory that C reads, written as C from their descriptions. */
import {
  ACTING,
  LABEL_STATISTICS,
  POLICY_STATISTICS,
  planBlock,
  STATISTICS_BYTES,
  UPDATE,
  VALUE_STATISTICS,
} from '@vigil/policy-wasm'

type Place = { readonly name: string; readonly type: string; readonly count: number | null }
type Block = { readonly name: string; readonly bytes: number; readonly places: readonly Place[] }

const C_TYPES: Readonly<Record<string, string>> = {
  pointer: 'uint32_t',
  u32: 'uint32_t',
  i32: 'int32_t',
  u64: 'uint64_t',
  f32: 'float',
  f64: 'double',
}

/** The header `blocks.h`. Pointers are byte offsets from the start of the memory. */
export function blocksInC(): string {
  const blocks: readonly Block[] = [planBlock(0), ACTING, UPDATE, POLICY_STATISTICS, VALUE_STATISTICS, LABEL_STATISTICS]
  return [
    '/* Written by src/addon/c-blocks.ts from the descriptions in packages/policy-wasm/src/blocks.ts. */',
    '#ifndef VIGIL_BLOCKS_H',
    '#define VIGIL_BLOCKS_H',
    '#include <stdint.h>',
    `enum { STATISTICS_BYTES = ${STATISTICS_BYTES} };`,
    ...blocks.map(inC),
    '#endif',
    '',
  ].join('\n')
}

/** The compiler counts the bytes again: fields that it placed otherwise would be read wrongly. */
function inC({ name, bytes, places }: Block): string {
  const fields = places.map(({ name: field, type, count }) => {
    const length = count === null ? '' : `[${count === 0 ? '' : count}]`
    return `  ${C_TYPES[type]} ${field}${length};`
  })
  return ['typedef struct {', ...fields, `} ${name};`, `_Static_assert(sizeof(${name}) == ${bytes}, "${name}");`].join(
    '\n',
  )
}
