import type { Config } from '@vigil/config'

/**
 * Engine and backend that were meant on the machine that trained, where `auto` left the choice to it.
 *
 * @param asked    what is asked for now; backend undefined = as it was
 * @param recorded what computed the weights
 */
export function engineMeant(
  config: Pick<Config, 'backend'>,
  asked: { readonly engine: string; readonly backend?: string | undefined },
  recorded: { readonly engine: string; readonly backend: string },
): { readonly engine: string; readonly backend: string } {
  const engine = asked.engine === 'auto' ? recorded.engine : asked.engine
  // Only TF.js has backends to choose from.
  const isAlone = engine === 'portable' || engine === 'native'
  const meant = isAlone ? 'auto' : engine === recorded.engine ? recorded.backend : config.backend
  return { engine, backend: asked.backend ?? meant }
}
