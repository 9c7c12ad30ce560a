/**
 * Keeps what a service knows again and again. A turn that comes while the one before is still being written is left out.
 *
 * @param keep writes it
 * @returns ends that
 */
export function keepRegularly(
  keep: () => Promise<void>,
  { everyMs, onError }: { readonly everyMs: number; readonly onError: (cause: Error) => void },
): () => void {
  let isUnderWay = false
  const timer = setInterval(async () => {
    if (isUnderWay) return
    isUnderWay = true
    await keep().catch(onError)
    isUnderWay = false
  }, everyMs)
  return () => clearInterval(timer)
}
