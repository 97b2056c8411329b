"""Run everything, print the tables, write JSON and RESULTS.md: `python -m benchmarks`."""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from benchmarks import anatomy, chain_peer, ours, peers, report, roofline, startup, workload

HERE = Path(__file__).parent


def main(arguments: list[str]) -> None:
    """`--quick` leaves out the peers and the waits; `--no-write` changes no file."""
    console, began = Console(width=110), time.perf_counter()
    quick = "--quick" in arguments
    limits = roofline.measure()
    kinetics, chain = workload.kinetics(), workload.chain()
    rates = ours.measure(kinetics, chain)
    inside = {"streaming": anatomy.streaming(kinetics), "chain": anatomy.chain(chain)}
    found = [] if quick else [peers.measure(name) for name in peers.PEERS]
    beside = None if quick else chain_peer.measure(chain)
    waits = None if quick else startup.measure()
    took = time.perf_counter() - began
    run = report.Run(report.machine(), limits, rates, found, beside, waits, inside, took)
    for table in report.tables(run):
        console.print(table)
    if "--no-write" in arguments or quick:
        return
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    name = run.machine.date.replace(":", "")
    (folder / f"{name}.json").write_text(json.dumps(asdict(run), indent=1) + "\n")
    (HERE / "RESULTS.md").write_text(report.markdown(run))
    console.print(f"Written: benchmarks/RESULTS.md and benchmarks/results/{name}.json")


if __name__ == "__main__":
    main(sys.argv[1:])
