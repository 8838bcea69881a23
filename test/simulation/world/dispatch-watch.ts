import { OpenWireCodec, initialCodecOptions } from '@quorate/core/openwire/codec'
import { CommandReader } from '@quorate/core/openwire/command-reader'
import { TypeId } from '@quorate/core/openwire/commands'
import type { MessageDispatch } from '@quorate/core/openwire/commands'
import { decodeOffer, negotiate } from '@quorate/core/openwire/wire-format'
import { clientOffer } from '../clients/client-link.ts'

/** Reads what a broker writes to a client along with it, for messages that it hands out. */
export class DispatchWatch {
  readonly #reader = new CommandReader(new OpenWireCodec(initialCodecOptions))
  readonly #onDispatch: (dispatch: MessageDispatch) => void

  constructor(onDispatch: (dispatch: MessageDispatch) => void) {
    this.#onDispatch = onDispatch
  }

  written(buffers: readonly Buffer[]): void {
    for (const buffer of buffers) this.#reader.push(buffer)
    for (;;) {
      const command = this.#reader.next()
      if (command === undefined) return
      if (command?.type === TypeId.WireFormatInfo) {
        const { codec } = negotiate(clientOffer, decodeOffer(command))
        this.#reader.use(new OpenWireCodec(codec))
      } else if (command?.type === TypeId.MessageDispatch) this.#onDispatch(command)
    }
  }
}
