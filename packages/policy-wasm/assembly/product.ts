/** One matrix product, for the bench that measures the peak of the kernels. */
import { matmul } from './matmul'

/** Arguments of `matmul`; described in ../src/blocks.ts. */
@unmanaged
class Product {
  a: usize
  b: usize
  init: usize
  initStride: usize
  c: usize
  m: i32
  k: i32
  n: i32
  relu: i32
}

/** C = activation(init + A B), see ./matmul. */
export function multiply(product: Product): void {
  matmul(
    product.a,
    product.b,
    product.init,
    product.initStride,
    product.c,
    product.m,
    product.k,
    product.n,
    product.relu,
  )
}
