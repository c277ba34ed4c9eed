#!/usr/bin/env bash
#SBATCH --job-name=regnde
#SBATCH --array=0-23
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=24:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
#SBATCH --output=%x-%A_%a.log
#
# One run, a variant with a seed, of an experiment: number i of all their
# combinations, where i is the index of a task in a Slurm array or of a pod in an
# indexed Kubernetes Job. By default it is Table 1, 8 variants with 3 seeds: tasks
# 0 to 23. What is set in the environment changes that:
#
#	EXPERIMENT  its name
#	VARIANTS    of it, separated by spaces
#	SEEDS       likewise
#	BIN         folder of the programs
#	RESULTS     folder for the results, one below it for each run
#
# Arguments are flags for the experiment. A run that was interrupted, or whose
# machine was taken away, goes on from its checkpoint when it is started again.
set -euo pipefail

experiment=${EXPERIMENT:-mnist_node}
read -ra variants <<<"${VARIANTS:-vanilla steer taynode srnode ernode steer+srnode steer+ernode srnode+ernode}"
read -ra seeds <<<"${SEEDS:-1 2 3}"
bin=${BIN:-results/bin}
results=${RESULTS:-results/$experiment}

index=${SLURM_ARRAY_TASK_ID:-${JOB_COMPLETION_INDEX:-}}
total=$((${#variants[@]} * ${#seeds[@]}))
if ! [[ $index =~ ^[0-9]+$ ]] || ((index >= total)); then
	echo "array.sh: task ${index:-without a number}, want 0 to $((total - 1)): ${#variants[@]} variants with ${#seeds[@]} seeds" >&2
	exit 2
fi
variant=${variants[index % ${#variants[@]}]}
seed=${seeds[index / ${#variants[@]}]}

# The program takes the place of the shell, so that signals reach it.
exec "$bin/$experiment" "$@" -variants "$variant" -seeds "$seed" -quiet -resume -out "$results/$variant-seed$seed"
