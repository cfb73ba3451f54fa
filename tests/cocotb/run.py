"""Builds an emission with Icarus and runs the tests of test_machine.py on it: `run.py FOLDER`, or `run.py FOLDER NAME` for one."""

import os
import sys
import tempfile
from pathlib import Path

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner


def main(folder, name=None):
    here, folder = Path(__file__).resolve().parent, Path(folder).resolve()
    os.environ["OFFRAMP_EMISSION"] = str(folder)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(here), os.environ.get("PYTHONPATH", "")])
    sources = [folder / line for line in (folder / "offramp.f").read_text().split()]
    with tempfile.TemporaryDirectory() as build:
        runner = get_runner("icarus")
        runner.build(sources=sources, hdl_toplevel="offramp", build_dir=build, timescale=("1ns", "1ns"))
        results = runner.test(
            hdl_toplevel="offramp", test_module="test_machine", build_dir=build, test_dir=build, testcase=name
        )
        tests, failed = get_results(results)
    print(f"{tests} tests, {failed} failed")
    return int(failed > 0 or tests == 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
