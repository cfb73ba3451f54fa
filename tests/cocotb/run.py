"""Builds an emission with Icarus and runs the tests of test_machine.py on it, one on each processor: `run.py FOLDER`, or `run.py FOLDER NAME`
for one."""

import os
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

HERE = Path(__file__).resolve().parent


def names():
    """The tests; one with parameters stands for all of its cases."""
    return re.findall(r"^async def (\w+)\(dut\b", (HERE / "test_machine.py").read_text(), re.M)


def run(sources, name):
    """Builds, and runs the cases of a test: how many failed, how many there are, and what was said."""
    with tempfile.TemporaryDirectory() as folder:
        # A runner keeps what it has built and where: each thread has its own.
        runner, log = get_runner("icarus"), Path(folder) / "log"
        runner.build(sources=sources, hdl_toplevel="offramp", build_dir=folder, timescale=("1ns", "1ns"), log_file=log)
        results = runner.test(
            hdl_toplevel="offramp",
            test_module="test_machine",
            build_dir=folder,
            test_dir=folder,
            test_filter=rf"\.{name}($|/)",
            log_file=log,
        )
        tests, failed = get_results(results)
        return failed, tests, log.read_text()


def main(folder, only=None):
    folder = Path(folder).resolve()
    os.environ["OFFRAMP_EMISSION"] = str(folder)
    sources = [folder / line for line in (folder / "offramp.f").read_text().split()]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda name: run(sources, name), [only] if only else names()))
    # Those that fail last, where they are looked for.
    for _, _, said in sorted(results):
        print(said)
    failed, tests = (sum(each) for each in list(zip(*results))[:2])
    print(f"{tests} tests, {failed} failed")
    return int(failed > 0 or tests == 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
