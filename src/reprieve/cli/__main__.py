from reprieve.cli import main

main()
