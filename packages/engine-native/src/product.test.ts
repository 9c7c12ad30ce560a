/** The register blocks and what is left beside them, in every family that runs here. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileProgram, FAMILIES, HAS_COMPILER, type Program, WHY_SKIPPED } from './program.fixture.ts'

describe.skipIf(!HAS_COMPILER)(`product.h${WHY_SKIPPED}`, () => {
  let program: Program
  beforeAll(() => {
    program = compileProgram('product-check')
  })
  afterAll(() => program.remove())

  it.each(FAMILIES)('adds up in ascending order, whatever the shape: %s', (family) => {
    expect(program.run(family)).toEqual([String(23 * 71 * 3)])
  })
})
