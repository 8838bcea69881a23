import type { DestinationName } from '@quorate/core/model/destination'
import type { Client, Consumer, EngineObserver } from './client.ts'

/** Tells every observer, in the order in which they came. */
export class EngineEvents implements EngineObserver {
  readonly #observers: EngineObserver[] = []

  observe(observer: EngineObserver): void {
    this.#observers.push(observer)
  }

  clientConnected(client: Client): void {
    for (const observer of this.#observers) observer.clientConnected(client)
  }

  clientClosed(client: Client): void {
    for (const observer of this.#observers) observer.clientClosed(client)
  }

  consumerAdded(client: Client, consumer: Consumer): void {
    for (const observer of this.#observers) observer.consumerAdded(client, consumer)
  }

  consumerRemoved(client: Client, consumer: Consumer): void {
    for (const observer of this.#observers) observer.consumerRemoved(client, consumer)
  }

  destinationAdded(destination: DestinationName, owner: Client | null): void {
    for (const observer of this.#observers) observer.destinationAdded(destination, owner)
  }

  destinationRemoved(destination: DestinationName, owner: Client | null): void {
    for (const observer of this.#observers) observer.destinationRemoved(destination, owner)
  }
}
