"""The difference between two entries, as data: pure values in, pure values out.

align      which message of one list is which message of another
words      what changed inside a text, in whole words
fields     what changed inside free-form JSON
entry      all of it together: `diff_entries`, `apply`
"""
