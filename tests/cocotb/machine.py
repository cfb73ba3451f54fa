"""The machine with what stands around it, none of which is ours but the NVM: cocotbext-axi's AXI4-Lite master and AXI4 memory.

The emission is read from the folder OFFRAMP_EMISSION: register map, program, memories before and after (`offramp emit --program`).
"""

import json
import os
import re
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, First, RisingEdge, Timer
from cocotbext.axi import AxiBus, AxiLiteBus, AxiLiteMaster, AxiRam

FOLDER = Path(os.environ.get("OFFRAMP_EMISSION", "."))
MEMORY_BYTES = 1 << 20
NVM_LATENCY = 20
INTERRUPT = {"done": 1, "no_command": 2, "bus": 4, "watchdog": 8}


def words(name):
    """The numbers of a `$readmemh` file."""
    return [int(word, 16) for word in (FOLDER / name).read_text().split()]


def offsets():
    """Byte offset of each register, from the C header."""
    text = (FOLDER / "offramp_registers.h").read_text()
    return {name.lower(): int(at, 16) for name, at in re.findall(r"#define OFFRAMP_(\w+) (0x[0-9a-f]+)$", text, re.M)}


def widths():
    """Bits of each register, from the register map."""
    text = (FOLDER / "registers.md").read_text()
    return {name: int(bits) for name, bits in re.findall(r"^\| 0x\w+ \| `(\w+)` \| (\d+) \|", text, re.M)}


class Machine:
    """The machine under reset and a clock, its memories filled, its host ready."""

    def __init__(self, dut):
        self.dut = dut
        self.offsets, self.widths = offsets(), widths()
        self.settings = json.loads((FOLDER / "program.json").read_text())
        self.lite = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "lite"), dut.clock, dut.reset)
        self.ram = AxiRam(AxiBus.from_prefix(dut, "axi"), dut.clock, dut.reset, size=MEMORY_BYTES)
        for log in (self.lite.write_if.log, self.lite.read_if.log, self.ram.write_if.log, self.ram.read_if.log):
            log.setLevel("WARNING")
        self.nvm = bytes(words("program_nvm.hex"))

    async def reset(self):
        self.dut.nvm_valid.value = 0
        self.dut.nvm_data.value = 0
        self.dut.reset.value = 1
        cocotb.start_soon(Clock(self.dut.clock, 10, unit="ns").start())
        await ClockCycles(self.dut.clock, 4)
        self.dut.reset.value = 0
        await ClockCycles(self.dut.clock, 4)
        cocotb.start_soon(self.serve_nvm())

    async def serve_nvm(self):
        """The read port of the NVM: words from a latency after the request on, one a cycle while they are taken."""
        dut, lanes = self.dut, len(self.dut.nvm_data) // 8
        while True:
            await RisingEdge(dut.clock)
            if not dut.nvm_request.value:
                continue
            first, count = int(dut.nvm_address.value), int(dut.nvm_words.value)
            await ClockCycles(dut.clock, NVM_LATENCY)
            for word in range(first, first + count):
                dut.nvm_data.value = int.from_bytes(self.nvm[word * lanes : (word + 1) * lanes], "little")
                dut.nvm_valid.value = 1
                await RisingEdge(dut.clock)
                while not dut.nvm_ready.value:
                    await RisingEdge(dut.clock)
            dut.nvm_valid.value = 0

    async def write(self, name, value):
        length = (self.widths[name] + 31) // 32 * 4
        answer = await self.lite.write(self.offsets[name], value.to_bytes(length, "little"))
        assert answer.resp == 0, f"write of {name}: {answer.resp}"

    async def read(self, name):
        length = (self.widths[name] + 31) // 32 * 4
        answer = await self.lite.read(self.offsets[name], length)
        assert answer.resp == 0, f"read of {name}: {answer.resp}"
        return int.from_bytes(answer.data, "little")

    async def load(self):
        """Memories, commands, words of the sentence, predictions, settings."""
        self.ram.write(0, bytes(words("program_external.hex")))
        for at, word in enumerate(words("program_commands.hex")):
            await self.write("command_index", at)
            await self.write("command_word", word)
        for at, token in enumerate(words("program_tokens.hex")):
            await self.write("token_index", at)
            await self.write("token", token)
        for at, row in enumerate(words("program_predictions.hex")):
            await self.write("prediction_index", at)
            await self.write("prediction", row)
        for name, value in self.settings["write"].items():
            await self.write(name, value)

    async def start(self):
        await self.write("control", 1)

    async def interrupted(self, limit):
        """Waits for the interrupt line, at most so many cycles; gives its flags and clears them."""
        if not self.dut.interrupt_line.value:
            late = Timer(10 * limit, "ns")
            assert await First(RisingEdge(self.dut.interrupt_line), late) is not late, f"no interrupt in {limit} cycles"
        flags = await self.read("interrupt")
        await self.write("interrupt", flags)
        return flags

    async def ended(self, limit):
        """Waits for the end of the program; gives the flags of all interrupts until then."""
        flags = 0
        while not flags & (INTERRUPT["done"] | INTERRUPT["no_command"]):
            flags |= await self.interrupted(limit)
        assert not await self.read("status") & 1, "the program has ended and still runs"
        return flags

    async def check(self):
        """Memory, and every register but the cycles, which depend on the timing of the memories."""
        expected = bytes(words("program_expected.hex"))
        found = self.ram.read(0, len(expected))
        wrong = [at for at in range(len(expected)) if expected[at] != found[at]]
        assert not wrong, f"{len(wrong)} bytes of memory differ, the first at {wrong[0]:#x}"
        registers = {k: v for k, v in self.settings["expected"].items() if k not in ("cycles", "interrupt")}
        found = {name: await self.read(name) for name in registers}
        assert found == registers, f"registers: {found}, expected {registers}"
        cycles = await self.read("cycles")
        self.dut._log.info(f"{len(expected)} bytes and {len(found)} registers equal, {cycles} cycles")


async def machine(dut):
    """A machine that is loaded and not started."""
    one = Machine(dut)
    await one.reset()
    await one.load()
    return one
