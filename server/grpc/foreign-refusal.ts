/** The service does not take the Experiment; asking again gives the same answer. The message is Katib's. */
export class ForeignRefusal extends Error {
  override readonly name = 'ForeignRefusal'
}
