/**
 * What the last bits of a computation depend on: engine and backend, but AVX2 with FMA and AVX-512 have the same.
 *
 * @example
 * ```ts
 * bitsOf('native', 'avx512') // 'native fma', as of avx2
 * bitsOf('portable', 'wasm') // 'portable wasm'
 * ```
 */
export function bitsOf(engine: string, backend: string): string {
  return engine === 'native' && (backend === 'avx2' || backend === 'avx512') ? 'native fma' : `${engine} ${backend}`
}
