from pathlib import Path

from ichor.linux.cpufreq import Frequency, frequencies


def processor(cpus: Path, name: str, **values: str) -> None:
    folder = cpus / name / "cpufreq"
    folder.mkdir(parents=True)
    for key, value in values.items():
        (folder / f"scaling_{key}").write_text(f"{value}\n")


def test_processors_come_by_number_and_those_without_a_driver_are_left_out(tmp_path: Path) -> None:
    rest = {"min_freq": "800000", "max_freq": "4000000", "governor": "powersave"}
    processor(tmp_path, "cpu10", cur_freq="900000", **rest)
    processor(tmp_path, "cpu9", cur_freq="1000000", **rest)
    processor(tmp_path, "cpu8", cur_freq="<unknown>", **rest)
    (tmp_path / "cpu0").mkdir()
    (tmp_path / "cpufreq").mkdir()
    assert list(frequencies(tmp_path)) == [
        Frequency(1000000, 800000, 4000000, "powersave"),
        Frequency(900000, 800000, 4000000, "powersave"),
    ]
