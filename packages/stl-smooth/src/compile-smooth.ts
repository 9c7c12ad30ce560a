import { type CompileOptions, compile, type Program, type Specification } from '@vigil/stl'

/**
 * Compiles a specification for smoothRobustness(). `iff` and `xor` are what and, or and not make of them in either
 * profile: the distance that RTAMT gives them is above 0 where xor is false.
 *
 * @throws {StlError} as compile() does
 */
export function compileSmooth(
  specification: string | Specification,
  options: Omit<CompileOptions, 'equivalence' | 'semantics' | 'time'> = {},
): Program {
  return compile(specification, { ...options, equivalence: 'expansion' })
}
