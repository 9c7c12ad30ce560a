import { tf } from '@vigil/tfjs'

/**
 * Runs TF.js on its cpu backend, whatever backend the caller has chosen, and goes back to that one. Results are then the same
 * bits on every machine, and nothing needs to be started.
 *
 * @param run synchronous; tensors that it makes are disposed of
 */
export function onCpu<Result>(run: () => Result): Result {
  const before: string | undefined = tf.getBackend()
  // The cpu backend starts at once: the promise is only for others.
  void tf.setBackend('cpu')
  tf.engine().startScope('onCpu')
  try {
    return run()
  } finally {
    tf.engine().endScope()
    if (before !== undefined && before !== 'cpu') void tf.setBackend(before)
  }
}
