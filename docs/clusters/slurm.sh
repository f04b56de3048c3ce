#!/usr/bin/env bash
# One run on several machines of a Slurm cluster. The arguments are those of
# `aigc-keras train`; the folders must be ones that every machine sees:
#
#   sbatch docs/clusters/slurm.sh --dataset shapes --steps 8000 \
#       --prepared-dir /shared/data --run /shared/runs/shapes
#
# Where a machine is lost the job is put back in the queue and goes on from the last
# checkpoint.
#SBATCH --job-name=aigc_keras
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail
# `srun` does not take this over from `sbatch`.
export SRUN_CPUS_PER_TASK=${SLURM_CPUS_PER_TASK:-8}
port=${PORT:-22222}
workers=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | sed "s/.*/\"&:$port\"/" |
    paste -sd, -)
export workers
# shellcheck disable=SC2016
srun --kill-on-bad-exit=1 bash -c '
    task="{\"type\": \"worker\", \"index\": $SLURM_PROCID}"
    export TF_CONFIG="{\"cluster\": {\"worker\": [$workers]}, \"task\": $task}"
    exec aigc-keras train --distribute multi_worker "$@"' train "$@"
