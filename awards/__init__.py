"""The rules of an award: values in, values out. Standard library only; no network, no clock."""
