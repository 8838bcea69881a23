/** What ActiveMQ calls the three parts of a message. */
export const messageParts = ['header', 'custom', 'body'] as const
export type MessagePart = (typeof messageParts)[number]
