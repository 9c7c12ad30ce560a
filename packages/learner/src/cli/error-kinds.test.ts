import { ActorError } from '@vigil/actors'
import { StlError } from '@vigil/stl'
import { describe, expect, it } from 'vitest'
import { errorKinds } from './error-kinds.ts'

describe('errorKinds', () => {
  it('takes a specification without a value for a mistake of usage, in the actors and in an evaluation', () => {
    expect(errorKinds.usage(new StlError('DIVISION_BY_ZERO', 'x'))).toBe(true)
    expect(errorKinds.usage(new ActorError('SPECIFICATION_VALUE', 'x'))).toBe(true)
    expect(errorKinds.usage(new ActorError('SHARD_FAILED', 'x'))).toBe(false)
  })
})
