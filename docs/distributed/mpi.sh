#!/usr/bin/env bash
#SBATCH --job-name=regnde-mpi
#SBATCH --ntasks=4
#SBATCH --cpus-per-task=4
#SBATCH --mem-per-cpu=1G
#SBATCH --time=24:00:00
#SBATCH --signal=TERM@120
#SBATCH --requeue
#SBATCH --output=%x-%j.log
#
# One training of an experiment on several ranks, each of which has a shard of every
# batch. What is set in the environment changes it:
#
#	EXPERIMENT  its name
#	BIN         folder of the programs, built with -tags mpi
#	RESULTS     folder for the results
#
# Arguments are flags for the experiment. A training that was interrupted, or of which a
# machine was taken away, goes on from its checkpoint when it is started again on as
# many ranks.
set -euo pipefail

experiment=${EXPERIMENT:-mnist_node}
bin=${BIN:-results/bin-mpi}
results=${RESULTS:-results/$experiment-mpi}

# The processors of a rank are for its kernels. Without them a rank is held to one.
launch=(srun --mpi=pmix --cpus-per-task="${SLURM_CPUS_PER_TASK:-1}" --kill-on-bad-exit=1)
if [ -z "${SLURM_JOB_ID:-}" ]; then
	launch=(mpirun -n "${RANKS:-2}" --bind-to none --mca odls_base_sigkill_timeout 30)
fi

# The launcher takes the place of the shell, so that signals reach it.
exec "${launch[@]}" "$bin/$experiment" "$@" -quiet -resume -out "$results"
