import { VigilError } from '@vigil/errors'
import type { Logger } from 'pino'
import { type Trust, takeBundle } from '../bundle-signature.ts'
import { serviceError } from '../errors.ts'
import type { DecisionService } from './decision-service.ts'
import { replayCheck } from './stored-check.ts'

/** What takes the team of another bundle. */
type Reloaded = {
  readonly run: string
  /** whose signed bundles are taken; null = all bundles are */
  readonly trust: Trust | null
  readonly service: DecisionService
  readonly logger: Logger
  /** Told of the SHA-256 of the bundle whose team is at work now. */
  readonly onExchange: (fingerprint: string) => void
}

/**
 * Reads the bundle of a run again and puts its team to work, when it has decided on its stored events to the same bits. Whatever is wrong is logged and
 * counted, and the team before goes on. Whoever asks while this is done is served when it is done.
 *
 * @returns what asks for it; it resolves when the team is at work or refused
 */
export function createReload({ run, trust, service, logger, onExchange }: Reloaded): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()

  async function reload(): Promise<void> {
    try {
      const { bundle, fingerprint, putToWork } = await takeBundle(run, trust)
      const checked = await replayCheck(run, bundle)
      if (checked === 0) throw unchecked(run)
      const past = await service.exchange(bundle, putToWork)
      onExchange(fingerprint)
      service.metrics.exchanged('done')
      const { iteration, configFingerprint, datasetFingerprint } = bundle
      logger.info({ run, iteration, configFingerprint, datasetFingerprint, checked, past }, 'team exchanged')
    } catch (error) {
      // Whoever asks is a listener of signals: what is thrown here would end the service.
      service.metrics.exchanged('refused')
      const about = error instanceof VigilError ? { code: error.code } : { err: error }
      logger.error(about, `the team at work goes on: ${error instanceof Error ? error.message : error}`)
    }
  }

  return () => {
    last = last.then(reload)
    return last
  }
}

function unchecked(run: string): VigilError {
  return serviceError(
    'CHECK_FAILED',
    `${run} has no stored events by which its team could be checked. Store them with "npx nx run service:check --run=FOLDER".`,
  )
}
