// Package trainer is what all experiments have in common: the command line, the
// training loop, checkpoints, logs, tables and figures. The main function of an
// experiment is
//
//	func main() { trainer.Main(experiment) }
//
// where experiment is an Experiment: its name, the variants of the model that it
// compares, its presets, and a function that makes a Model. All that is specific
// to an experiment is behind these two types.
//
// # What a run does
//
// For every seed and every variant, a model is trained for the epochs of the
// configuration. After each epoch it is evaluated, and the folder of -out, by
// default results/<name>, holds
//
//	results.json                configuration, machine, and all epochs of all runs
//	table.md                    the runs' final state, mean ± standard deviation over seeds
//	log.csv                     one line per training iteration
//	nfe, loss, accuracy, fit    figures as .png and .svg (written after each run)
//	fit.json                    what the last of them shows, as numbers
//	<variant>-seed<n>.ckpt      checkpoints, which begin with the parameters as
//	                            graph.Params.Load reads them
//	<variant>-seed<n>.safetensors
//	                            the parameters after the last epoch, for other programs
//	trace.csv, trace            with -trace: every step of a prediction before and after
//	                            training, of the runs that have ended, and their figure
//	tensorboard/<variant>-seed<n>   with -tensorboard: event files of the run
//
// Everything but log.csv and event files is written to a temporary file and
// renamed. The final table goes to standard output, and nothing else does; progress
// goes to standard error. The exit status is 0 for success, 1 if a run failed or a
// file could not be read or written, 2 if the command line was wrong, and 130 after
// an interrupt.
//
// A run that fails, say as the step size underflows or the loss is no longer
// finite, ends there: its epochs so far are kept and results.json says why it
// ended. The other runs go on.
//
// # One folder, one configuration
//
// A folder that holds results.json belongs to the configuration in it. A new run
// never overwrites it: the same command needs -resume, and any other one needs
// another -out. The configuration is everything in Config. The number of epochs
// is part of it, as weights are annealed over them, but see below.
//
// A folder has one owner at a time: a second process is refused while the first one
// is there. The lock, on the file .lock, goes with its process, so that a file left
// by one that was killed means nothing. Where the file system has no locks, a note
// says so. If the folder, its log or a checkpoint is taken away or replaced during
// the run, the run ends with an error, at the next checkpoint.
//
// # Event files and the page
//
// -live serves a page of the training so far while it runs, see package live. Snapshots
// are handed to it after every iteration, and it draws when somebody looks; nothing
// that it does can end or stop the training.
//
// -tensorboard writes what happens to files that TensorBoard draws, one folder for each
// run, so that it draws runs over each other. The step of a value is the number of
// iterations done. Its tag begins with iteration/ (loss, NFE, accepted and rejected
// steps, regularizers R_E, …, their weights lambda_E, …, the learning rate), with epoch/
// (the record of the epoch) or with prediction/ (histograms of size h, error E and
// stiffness S of the accepted steps of the prediction after an epoch). A resumed run
// goes on in a file of its own, which begins with a mark that voids what the program
// may have written after the checkpoint before it was killed: the tool shows no step
// twice. What was done without the flag is not there.
//
// # Resuming
//
// All randomness must be keyed by the seed and the numbers in an Iteration. The
// state of a run is then its parameters, its optimizer, its position and the
// sums of the current epoch, which is what a checkpoint holds. One is written
// after every epoch, every half a minute, and after an interrupt. That ends the run
// after the current step of a solver, be it in an iteration, which is done again
// later, or in an evaluation; compiling a graph and a reverse pass are not cut short.
// With -resume a run goes on bit for bit as if it had never stopped: results.json and
// log.csv end up the same but for times.
//
// With -resume and more -epochs a run goes on beyond its end. Weights are then
// annealed over the epochs that they were annealed over before and keep their last
// value, which the configuration says in anneal_epochs: the run ends as one that was
// begun with -anneal-epochs of so many, bit for bit, with its log in the order of
// training. What an experiment measures after the last epoch alone is there for the
// earlier end as well.
//
// # On several ranks
//
// The ranks of a group (package ranks) train one model: each does the passes of an
// iteration on its shard of the batch, all add up the gradients and make the same update.
// Rank 0 alone has the folder, evaluates and prints. Before anything else the ranks
// compare their programs and configurations. They meet after every iteration and
// every evaluation, and at the beginning and the end of a run: there they agree on how it
// went, so that an interrupt, a failed run or an error of rank 0's files ends all of them
// at one place. One that is to end and whose others do not answer, as one has died, gives
// them up; rank 0 saves the model as it was before the iteration.
//
// The number of ranks is part of the configuration. A group of one is a process that is
// alone, bit for bit.
package trainer
