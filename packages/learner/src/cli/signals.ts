/** Whether somebody has asked for an end. */
export type StopRequest = { readonly requested: () => boolean }

/**
 * Ctrl-C (or SIGTERM) asks for an end after the present iteration; a second one ends at once.
 */
export function stopOnSignal(): StopRequest {
  let requested = false
  const onSignal = () => {
    if (requested) process.exit(130)
    requested = true
    process.stderr.write('\nStopping after this iteration; once more to stop at once.\n')
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return { requested: () => requested }
}
